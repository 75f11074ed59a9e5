import { failureKindOf } from '../../src/azure/http/failure-kind-of.ts';
import type { FailureKind } from '../../src/escrow/model/failure-kind.ts';
import { type ServiceAnswer, ServiceError, type ServiceName } from '../../src/escrow/model/service-error.ts';

/** What a service said, with the meaning that the adapters give to exactly these codes. */
export function answered(
  service: ServiceName,
  answer: Omit<ServiceAnswer, 'service' | 'kind' | 'code'> & { readonly code?: string; readonly kind?: FailureKind },
  message = 'no',
): ServiceError {
  const { code = answer.statusCode === undefined ? 'NoAnswer' : `Http${answer.statusCode}` } = answer;
  return new ServiceError(message, {
    ...answer,
    service,
    code,
    kind: answer.kind ?? failureKindOf({ ...answer, service, code, message }),
  });
}
