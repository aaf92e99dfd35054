// The evidence of a quote as lines of text, for people who ask where a rate came from.

import { priceText } from './fraction.ts';
import type { EvidenceLeg, EvidenceSource, EvidenceStep, QuoteEvidence } from './evidence.ts';

/**
 * One line for the rate that counted, then what was taken off it, then each pair with what every
 * source said. Also of old rows, which know the rate and its source alone.
 */
export function evidenceText(evidence: QuoteEvidence): string[] {
  const { base, quote, source, at, spreadPercent, grace, exchange } = evidence;
  const lines = [`1 ${base} = ${rateText(evidence)} ${quote}, by ${source}, learned ${at}`];
  if (exchange !== undefined) lines.push(`the price of exchange ${exchange} was asked for`);
  if (spreadPercent) lines.push(`${spreadPercent} % taken off: the merchant's spread`);
  if (grace) lines.push(`${grace.extraPercent} % taken off: no price was fresh`);
  for (const step of evidence.steps ?? []) lines.push(...stepText(step));
  return lines;
}

function stepText({ pair, price, sources }: EvidenceStep): string[] {
  return [`${pair} ${price}`, ...sources.flatMap(sourceText)];
}

function sourceText(source: EvidenceSource): string[] {
  const verdict = source.used ? 'used' : `not used: ${source.why ?? 'unknown why'}`;
  const head = `  ${source.source} ${source.price}${bookText(source)}, ${source.at}, ${verdict}`;
  const legs = (source.legs ?? []).map(
    (leg) => `    ${leg.pair} ${leg.price} by ${leg.source}${bookText(leg)}, ${leg.at}`,
  );
  return [head, ...legs];
}

function bookText({ bid, ask, market }: Pick<EvidenceLeg, 'bid' | 'ask' | 'market'>): string {
  if (bid === undefined || ask === undefined) return '';
  return ` (${market ? `${market}: ` : ''}bid ${bid}, ask ${ask})`;
}

function rateText({ numerator, denominator }: QuoteEvidence): string {
  const digits = /^[1-9]\d*$/;
  if (!digits.test(numerator) || !digits.test(denominator)) return `${numerator}/${denominator}`;
  return priceText({ numerator: BigInt(numerator), denominator: BigInt(denominator) });
}
