// Headers that hold a secret: sealed where a delivery is kept, opened only when it is sent.

import type { Vault } from '../merchants/vault.ts';
import type { RenderedWebhook } from './webhook.ts';

/** As the table keeps them: a plain text, or base64 of bytes that open for this delivery alone. */
export type KeptHeaders = Readonly<Record<string, string | { readonly sealed: string }>>;

export function keepHeaders(
  vault: Pick<Vault, 'seal'>,
  deliveryId: string,
  { headers, secretHeaders = {} }: RenderedWebhook,
): KeptHeaders {
  const sealed = Object.entries(secretHeaders).map(([name, value]) => {
    const bytes = vault.seal(value, contextOf(deliveryId));
    return [name, { sealed: bytes.toString('base64') }] as const;
  });
  return { ...headers, ...Object.fromEntries(sealed) };
}

/** Throws when a header was altered, belongs to another delivery or was sealed with another key. */
export function openHeaders(
  vault: Pick<Vault, 'open'>,
  deliveryId: string,
  kept: KeptHeaders,
): Record<string, string> {
  const opened: Record<string, string> = {};
  for (const [name, value] of Object.entries(kept)) {
    opened[name] = typeof value === 'string' ? value : open(value.sealed);
  }
  return opened;

  function open(sealed: string): string {
    try {
      return vault.open(Buffer.from(sealed, 'base64'), contextOf(deliveryId));
    } catch (error) {
      throw new Error('a sealed header cannot be opened with the key of this server', {
        cause: error,
      });
    }
  }
}

function contextOf(deliveryId: string): string {
  return `headers of delivery ${deliveryId}`;
}
