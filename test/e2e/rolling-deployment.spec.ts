import { describeRolling } from './support/describe-rolling.js';

describeRolling('one file', null);
