/**
 * Which of several overdue fires run: the latest, the earliest, or the newest `catchUpLimit` of them. APScheduler's
 * `coalesce=True` is `'latest'`, its `False` is `'all'`. @publicApi
 */
export type Coalesce = 'latest' | 'earliest' | 'all';

export const COALESCES: readonly Coalesce[] = ['latest', 'earliest', 'all'];
