/** Handlers wait here until the test lets them go on. */
class Gates {
  readonly #gates = new Map<string, { readonly opened: Promise<void>; readonly open: () => void }>();

  opened(name: string): Promise<void> {
    return this.#gate(name).opened;
  }

  open(name: string): void {
    this.#gate(name).open();
  }

  #gate(name: string) {
    const known = this.#gates.get(name);
    if (known) return known;
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const gate = { opened, open };
    this.#gates.set(name, gate);
    return gate;
  }
}

export const gates = new Gates();
