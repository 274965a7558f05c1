import { Logger } from '@nestjs/common';
import type { DeclaredDraft } from './reconciler.js';

// What the log says once, at the start, since it would else surprise somebody.

/** A job that does not run should have been told. */
export function noteDisabled(drafts: readonly DeclaredDraft[]): void {
  const disabled = drafts.filter(({ declared }) => declared.disabled);
  if (disabled.length === 0) return;
  const ids = disabled.map(({ declared }) => `"${declared.id}"`).join(', ');
  const them = disabled.length === 1 ? 'it' : 'them';
  new Logger('Scheduler').log(`Disabled, so that this process does not fire ${them}: ${ids}.`);
}

export function noteMemoryOnly(): void {
  new Logger('Scheduler').log(
    'Jobs are kept in memory only: each process runs its own, and forgets them at its end. ' +
      'With several replicas every one fires every job; a database store prevents that.',
  );
}
