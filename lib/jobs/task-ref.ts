import { isObject } from '../errors/object-kinds.js';
import type { JsonValue } from './json.js';

/**
 * A task and the types of its arguments, made by `taskOf`.
 *
 * @example
 * const send: TaskRef<[userId: string, text: string]> = taskOf(Reminders, 'send');
 * @publicApi
 */
export interface TaskRef<Args extends readonly unknown[] = readonly unknown[]> {
  readonly taskName: string;
  /** Only for the compiler: the handler's parameters. */
  readonly __args?: (...args: Args) => void;
}

/** What a task is named by: the `taskName` of what `taskOf` answers, anything else itself. It may be no text. */
export function taskNameOf(task: unknown): unknown {
  try {
    return isObject(task) && 'taskName' in task ? task['taskName'] : task;
  } catch {
    // A proxy that lets nobody look.
    return task;
  }
}

/** `T` where it survives JSON, `never` where it does not: a `Date`, a `Map`, a function, also deep inside. @publicApi */
export type JsonCompatible<T> = unknown extends T
  ? T
  : // Also ends the recursion through JsonValue itself.
    [T] extends [JsonValue]
    ? T
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends bigint | symbol | ((...args: never[]) => unknown)
        ? never
        : T extends Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | RegExp | Error | ArrayBufferView
          ? never
          : T extends object
            ? { [Key in keyof T]: JsonCompatible<T[Key]> }
            : never;

/** A handler's parameters, as far as they can be stored. @publicApi */
export type JsonArgs<Args extends readonly unknown[]> = { readonly [Index in keyof Args]: JsonCompatible<Args[Index]> };

/** `args` is needed only when the handler needs arguments. @publicApi */
export type ArgsOption<Args extends readonly unknown[]> = [] extends Args
  ? { readonly args?: JsonArgs<Args> }
  : { readonly args: JsonArgs<Args> };
