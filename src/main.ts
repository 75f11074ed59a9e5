import { app } from '@azure/functions';
import { createServices } from './app/services.ts';
import { readSettings } from './app/settings.ts';
import { escrowAudit } from './functions/escrow-audit.ts';
import { reportLoadFault } from './functions/load-fault.ts';
import { nightlyEscrow } from './functions/nightly-escrow.ts';
import { onDemandEscrow } from './functions/on-demand-escrow.ts';

const services = reportLoadFault(() => createServices(readSettings(process.env)));

// Who backs up must not be who certifies: deployed, each part is an app of its own with its own identity.
const { part } = services.settings;
if (part !== 'audit') {
  app.timer('nightlyEscrow', nightlyEscrow(services));
  app.storageQueue('onDemandEscrow', onDemandEscrow(services));
}
if (part !== 'backup') app.timer('escrowAudit', escrowAudit(services));
