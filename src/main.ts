import { app } from '@azure/functions';
import { createServices } from './app/services.ts';
import { readSettings } from './app/settings.ts';
import { escrowAudit } from './functions/escrow-audit.ts';
import { reportLoadFault } from './functions/load-fault.ts';
import { nightlyEscrow } from './functions/nightly-escrow.ts';
import { onDemandEscrow } from './functions/on-demand-escrow.ts';

const services = reportLoadFault(() => createServices(readSettings(process.env)));

app.timer('nightlyEscrow', nightlyEscrow(services));
app.storageQueue('onDemandEscrow', onDemandEscrow(services));
app.timer('escrowAudit', escrowAudit(services));
