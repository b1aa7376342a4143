/**
 * What an engine tells on `GET /events`, as it tells it. A test waits here for what it caused, and so
 * never asks for the events of a second that is not over.
 */
import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';

export interface RecordedEvent {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly time: number;
  readonly timeNano: number;
  /** `seconds.nanoseconds`, as `since` and `until` take it, without loss. */
  readonly moment: string;
}

export class EventRecorder implements Disposable {
  readonly events: RecordedEvent[] = [];
  private readonly response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.on('error', () => {}); // cut off by the end of the recording
    const lines = createInterface({ input: response });
    lines.on('line', (line) => this.events.push(parseEvent(line)));
    (lines as NodeJS.EventEmitter).on('error', () => {}); // it repeats those of its input
  }

  /** Everything that happens after this resolves is recorded. `path` as the API has it. */
  static open(socketPath: string, path = '/events'): Promise<EventRecorder> {
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, path, agent: false }, (response) =>
        resolve(new EventRecorder(response)),
      );
      sent.once('error', reject);
      sent.end();
    });
  }

  /** `action` of those about one actor, or of all. */
  actions(actor?: string): string[] {
    return this.events
      .filter(({ Actor }) => actor === undefined || isAbout(Actor, actor))
      .map(({ Action }) => Action);
  }

  /** The first event with this action, waited for. */
  until(action: string, actor?: string): Promise<RecordedEvent> {
    return eventually(`the event ${action}`, () =>
      this.events.find(
        (event) => event.Action === action && (actor === undefined || isAbout(event.Actor, actor)),
      ),
    );
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }
}

export function parseEvent(line: string): RecordedEvent {
  const [, seconds = '', nanoseconds = ''] = /"timeNano":(\d+)(\d{9})/.exec(line) ?? [];
  return { ...(JSON.parse(line) as RecordedEvent), moment: `${seconds}.${nanoseconds}` };
}

function isAbout({ ID, Attributes }: RecordedEvent['Actor'], actor: string): boolean {
  return ID === actor || Attributes['name'] === actor || Attributes['container'] === actor;
}
