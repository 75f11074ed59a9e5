import { app } from '@azure/functions';
import { createServices } from './app/services.ts';
import { readSettings } from './app/settings.ts';
import { escrowAudit } from './functions/escrow-audit.ts';
import { nightlyEscrow } from './functions/nightly-escrow.ts';
import { onDemandEscrow } from './functions/on-demand-escrow.ts';

// A fault in the settings is thrown here, before anything is registered: the host then shows it for every function.
const services = createServices(readSettings(process.env));

app.timer('nightlyEscrow', nightlyEscrow(services));
app.storageQueue('onDemandEscrow', onDemandEscrow(services));
app.timer('escrowAudit', escrowAudit(services));
