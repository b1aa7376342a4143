/** A shell that knows `echo`, `ls`, `colors`, `link`, `copy` and `exit`. */
import type { TerminalOutput, TerminalSession } from '../../electron/ipc/contract.ts';
import type { MemoryPort } from './memory-port.ts';

export class MemoryShell {
  info: TerminalSession;
  readonly #ports = new Set<MemoryPort>();
  readonly #name: string;
  #printed = '';
  #line = '';

  constructor(containerId: string, shell: string, name: string) {
    this.info = { terminalId: crypto.randomUUID(), containerId, shell, running: true };
    this.#name = name;
    this.#prompt();
  }

  attach(port: MemoryPort): void {
    this.#ports.add(port);
    port.onClose = () => this.#ports.delete(port);
    port.onInput = (bytes) => this.#type(new TextDecoder().decode(bytes));
    this.#send(port, { kind: 'data', bytes: new TextEncoder().encode(this.#printed) });
    if (!this.info.running) this.#send(port, { kind: 'exit', exitCode: 0 });
  }

  #type(text: string): void {
    for (const letter of text) {
      if (letter === '\r') {
        this.#print('\r\n');
        this.#run(this.#line.trim());
        this.#line = '';
      } else if (letter === '\u007F') {
        if (this.#line) this.#print('\b \b');
        this.#line = this.#line.slice(0, -1);
      } else {
        this.#line += letter;
        this.#print(letter);
      }
    }
  }

  #run(command: string): void {
    const [verb, ...words] = command.split(/\s+/);
    if (verb === 'exit') {
      this.info = { ...this.info, running: false };
      for (const port of this.#ports) this.#send(port, { kind: 'exit', exitCode: 0 });
      return;
    }
    if (verb === 'echo') this.#print(`${words.join(' ')}\r\n`);
    if (verb === 'ls')
      this.#print(
        '\u001B[34mbin\u001B[0m  \u001B[34metc\u001B[0m  \u001B[34musr\u001B[0m  \u001B[32mrun.sh\u001B[0m  index.html\r\n',
      );
    if (verb === 'link') this.#print('see https://example.com/docs\r\n');
    if (verb === 'copy') this.#print('\u001B]52;c;aGVsbG8=\u0007');
    if (verb === 'colors')
      this.#print(
        [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `\u001B[3${n}m ${n} \u001B[9${n}m ${n} `).join('') +
          '\u001B[0m\r\n',
      );
    this.#prompt();
  }

  #prompt(): void {
    this.#print(`\u001B[1;32mroot@${this.#name}\u001B[0m:\u001B[1;34m/\u001B[0m# `);
  }

  #print(text: string): void {
    this.#printed += text;
    const bytes = new TextEncoder().encode(text);
    for (const port of this.#ports) this.#send(port, { kind: 'data', bytes });
  }

  #send(port: MemoryPort, message: TerminalOutput): void {
    port.send(message);
  }
}
