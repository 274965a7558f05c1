import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { takeUnprovidedClasses } from '../../lib/decorators/decorated-classes.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { SchedulerExplorer } from '../../lib/discovery/scheduler.explorer.js';
import { explore, unconfigured } from './explore.js';

describe('decorated classes that no module provides', () => {
  // Classes of other files are in the same process.
  beforeEach(() => void takeUnprovidedClasses());

  it('are named once per process', () => {
    class Forgotten {
      @Interval(1000)
      poll() {}

      @Interval(1000)
      pull() {}
    }
    expect(Forgotten.name).toBe('Forgotten');
    expect(takeUnprovidedClasses()).toEqual(['Forgotten']);
    expect(takeUnprovidedClasses()).toEqual([]);
  });

  it('do not include one that an application has provided, even one that is closed by now', async () => {
    @Injectable()
    class Provided {
      @Interval(1000)
      poll() {}
    }
    await explore({ providers: [Provided] });
    expect(takeUnprovidedClasses()).toEqual([]);
  });

  it('do not include base classes of what is provided', async () => {
    class Base {
      @Interval(1000)
      poll() {}
    }
    @Injectable()
    class Derived extends Base {}
    await explore({ providers: [Derived] });
    expect(takeUnprovidedClasses()).toEqual([]);
  });

  it('do not include one whose provider a test has replaced by a double', async () => {
    @Injectable()
    class Mailer {
      @Interval(1000)
      poll() {}
    }
    const app = await Test.createTestingModule({ providers: [Mailer] })
      .overrideProvider(Mailer)
      .useValue({ poll: () => undefined })
      .compile();
    const handlers = { create: () => () => undefined };
    const found = new SchedulerExplorer(app.get(ModulesContainer), handlers, unconfigured()).explore();
    expect(found.jobs).toEqual([]);
    expect(takeUnprovidedClasses()).toEqual([]);
  });
});
