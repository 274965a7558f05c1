import { describe } from 'vitest';
import { describeChaos } from './support/describe-chaos.js';
import { Lives } from './support/life.js';

describe('four applications on one file, which are killed and stopped beyond their lease again and again', () => {
  const plan = { nodes: 4, crowd: 230, leaseTtl: 2_000, kills: 6, stops: 3 };
  describeChaos('SQLite', plan, Lives.shared());
});
