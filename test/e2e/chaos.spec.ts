import { describe } from 'vitest';
import { describeChaos } from './support/describe-chaos.js';
import { Lives } from './support/life.js';

describe('two applications on one file, which are killed and stopped beyond their lease again and again', () => {
  const plan = { nodes: 2, crowd: 1, leaseTtl: 1_000, kills: 3, stops: 2 };
  describeChaos('SQLite', plan, Lives.shared());
});
