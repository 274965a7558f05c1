import { Injectable } from '@nestjs/common';
import { Interval } from 'nestjs-advanced-scheduler';

@Injectable()
export class ExchangeRates {
  #euroInDollars = 1.08;

  /** The rate of a past moment can't be asked for later: a fire that is more than a second late is recorded as missed. */
  @Interval({ seconds: 2 }, { id: 'poll-rates', misfireGraceTime: { seconds: 1 } })
  poll(): number {
    this.#euroInDollars += (Math.random() - 0.5) / 100;
    return Number(this.#euroInDollars.toFixed(4));
  }
}
