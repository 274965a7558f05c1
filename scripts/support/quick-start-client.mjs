// Talks to sample/quick-start over HTTP.
import { setTimeout as pause } from 'node:timers/promises';

export class QuickStartClient {
  #origin;

  constructor(port) {
    this.#origin = `http://localhost:${port}`;
  }

  send(method, path, body) {
    const request = { method, headers: { 'content-type': 'application/json' } };
    if (body !== undefined) request.body = JSON.stringify(body);
    return fetch(`${this.#origin}${path}`, request);
  }

  /** The JSON of an answer; throws when the request was refused. */
  async request(method, path, body) {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Waits for a run of the job to be under way, and answers it. */
  async untilRunning(jobId) {
    for (;;) {
      const { runs } = await this.request('GET', `/runs?jobId=${jobId}&state=running`);
      if (runs.length > 0) return runs[0];
      await pause(50);
    }
  }
}
