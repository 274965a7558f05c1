/** `paused`: started, but claiming nothing on this node. @publicApi */
export type SchedulerState = 'stopped' | 'starting' | 'running' | 'paused' | 'stopping';
