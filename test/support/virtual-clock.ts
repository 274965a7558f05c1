export { settle } from '../../lib/testing/settle.js';
export { VirtualClock } from '../../lib/testing/virtual-clock.js';
