// The desk's API: what traders, managers and operators do about transfers, and their devices.

import type { FastifyInstance } from 'fastify';
import type { Api } from '../../dialect.ts';
import { type DeskRoutes, type DoorNeeds, createDoor } from './door.ts';
import {
  answerError,
  internal,
  malformed,
  methodNotAllowed,
  notFound,
  refusalErrors,
} from './problem.ts';
import { validator } from './validator.ts';

const prefix = '/desk/v1';

/** `routes` are registered in their order, each with full paths below `/desk/v1`. */
export function createDeskApi(needs: DoorNeeds, routes: readonly DeskRoutes[]): Api {
  return {
    name: 'desk',
    title: 'Desk',
    docs: {
      description:
        'Requisites, leases, confirmations, statements, messages, payouts and disputes of ' +
        'transfers between people. Sign in with the token of a trader, a manager or an operator.',
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    prefixes: [prefix],
    routes: (instance) => mount(instance, needs, routes),
    refusals: refusalErrors,
    notFound: () => notFound,
    methodNotAllowed,
    malformed,
    internal: () => internal,
  };
}

function mount(instance: FastifyInstance, needs: DoorNeeds, routes: readonly DeskRoutes[]): void {
  instance.setErrorHandler(answerError);
  instance.setValidatorCompiler(validator);
  const door = createDoor(instance, needs);
  for (const register of routes) register(instance, door);
}
