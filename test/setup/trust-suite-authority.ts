import tls from 'node:tls';
import { inject } from 'vitest';

tls.setDefaultCACertificates([...tls.getCACertificates('default'), inject('certificates').ca]);
