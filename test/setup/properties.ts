import fc from 'fast-check';

/** Less than the time of a test: a property that hangs or is too slow fails by itself, and so prints its seed. */
fc.configureGlobal({ interruptAfterTimeLimit: 240_000, markInterruptAsFailure: true, timeout: 120_000 });
