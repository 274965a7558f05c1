import { Logger } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { describeError } from '../jobs/outcome.js';
import { EventLog } from './event-log.js';
import { EventStream, guard } from './event-stream.js';
import type { SchedulerEvent, SchedulerEventType } from './scheduler-event.js';

interface Receiver {
  /** `null`: all. */
  readonly types: readonly SchedulerEventType[] | null;
  receive(event: SchedulerEvent): void;
}

const NOBODY: readonly Receiver[] = [];

/** Hands every event to the log, then to subscribers and listeners in the order in which they came. */
export class EventBus {
  /** One ordered, typed, hot stream. It never completes and never errors. */
  readonly events$: Observable<SchedulerEvent>;
  readonly #logger = new Logger('Scheduler');
  readonly #log: EventLog;
  #receivers: readonly Receiver[] = NOBODY;
  /** By type, filled at first use and dropped with every change of the receivers. */
  readonly #receiversOf = new Map<SchedulerEventType, readonly Receiver[]>();
  /** What `wants` has answered, as long as receivers and levels stay what they are: it is asked twice for every fire. */
  readonly #wanted = new Map<SchedulerEventType, boolean>();
  #wantedAt: unknown = null;
  readonly #queue: SchedulerEvent[] = [];
  #isEmitting = false;

  constructor(log: EventLog = new EventLog()) {
    this.#log = log;
    this.events$ = new EventStream(
      (error) => this.#report('A subscriber of events$', error),
      (types, subscriber) => this.#add({ types, receive: (event) => subscriber.next(event) }),
    );
  }

  /** Whether anybody would see an event of this type: a subscriber, a listener, or the log. Build the event only then. */
  wants(type: SchedulerEventType): boolean {
    const levels = this.#log.enabled;
    if (levels !== this.#wantedAt) {
      this.#wanted.clear();
      this.#wantedAt = levels;
    }
    return this.#wanted.get(type) ?? this.#findWanted(type);
  }

  /** Hands out `event`. Called while another event is being handed out, it waits its turn: all see one order. */
  emit(event: SchedulerEvent): void {
    // All are handed the same object: nobody may change it under the others.
    this.#queue.push(Object.freeze(event));
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#handOut(next);
    this.#isEmitting = false;
  }

  /**
   * Calls `listener`, sync or async, with every event of the given types. What it throws or rejects with is logged.
   *
   * @param source where it stands, for messages: `Alerts.page (AppModule)`.
   * @returns a function that removes it.
   */
  addListener(
    types: readonly SchedulerEventType[],
    listener: (event: SchedulerEvent) => unknown,
    source: string,
  ): () => void {
    const onError = (error: unknown): void => this.#report(`The event listener ${source}`, error);
    let isRemoved = false;
    const receive = (event: SchedulerEvent): void => {
      if (!isRemoved) guard(() => listener(event), onError);
    };
    const remove = this.#add({ types, receive });
    return () => {
      isRemoved = true;
      remove();
    };
  }

  #handOut(event: SchedulerEvent): void {
    this.#log.write(event);
    for (const receiver of this.#receiversFor(event.type)) {
      try {
        receiver.receive(event);
      } catch (error) {
        // Neither subscribers nor listeners throw; what is left is a teardown (`finalize`) that ran on the way.
        this.#report('A subscriber of events$', error);
      }
    }
  }

  #add(receiver: Receiver): () => void {
    this.#setReceivers([...this.#receivers, receiver]);
    return () => this.#setReceivers(this.#receivers.filter((other) => other !== receiver));
  }

  #setReceivers(receivers: readonly Receiver[]): void {
    this.#receivers = receivers;
    this.#receiversOf.clear();
    this.#wantedAt = null;
  }

  #receiversFor(type: SchedulerEventType): readonly Receiver[] {
    let found = this.#receiversOf.get(type);
    if (!found) {
      found = this.#receivers.filter(({ types }) => types === null || types.includes(type));
      this.#receiversOf.set(type, found);
    }
    return found;
  }

  #findWanted(type: SchedulerEventType): boolean {
    const isWanted = this.#receiversFor(type).length > 0 || this.#log.wants(type);
    this.#wanted.set(type, isWanted);
    return isWanted;
  }

  #report(who: string, error: unknown): void {
    try {
      const { name, message, stack } = describeError(error);
      this.#logger.error(`${who} failed: ${name}: ${message}`, stack);
    } catch {
      // A logger that throws must not end the engine; there is nowhere left to say so.
    }
  }
}
