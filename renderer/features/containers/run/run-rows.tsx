/** The repeated rows of the run form: ports, environment, mounts. */
import { Button, IconButton } from '../../../components/button.tsx';
import { TextInput } from '../../../components/field.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { isAlive, nameOf, publishedPorts } from '../state.ts';
import { useContainers } from '../store.ts';
import type { PairField, PortField } from './run-line.ts';
import { rowKey } from './use-run-fields.ts';

interface PortRowsProps {
  readonly ports: readonly PortField[];
  readonly onChange: (ports: readonly PortField[]) => void;
  readonly error: string | null;
}

export function PortRows({ ports, onChange, error }: PortRowsProps) {
  const { t } = useLanguage();
  const change = (key: number, patch: Partial<PortField>) =>
    onChange(ports.map((port) => (port.key === key ? { ...port, ...patch } : port)));
  const add = () =>
    onChange([
      ...ports,
      {
        key: rowKey(),
        hostAddress: '127.0.0.1',
        hostPort: '',
        containerPort: '',
        protocol: 'tcp',
      },
    ]);
  return (
    <fieldset className="run-group">
      <legend className="field-label">{t('run.ports')}</legend>
      {ports.map((port) => (
        <div className="run-row run-row-port" key={port.key}>
          <TextInput
            mono
            aria-label={t('run.hostAddress')}
            placeholder={t('run.anyAddress')}
            value={port.hostAddress}
            onChange={(event) => change(port.key, { hostAddress: event.target.value })}
          />
          <span aria-hidden="true">:</span>
          <TextInput
            mono
            inputMode="numeric"
            aria-label={t('run.hostPort')}
            placeholder={t('run.anyPort')}
            value={port.hostPort}
            onChange={(event) => change(port.key, { hostPort: event.target.value })}
          />
          <span aria-hidden="true">→</span>
          <TextInput
            mono
            inputMode="numeric"
            aria-label={t('run.containerPort')}
            placeholder="80"
            value={port.containerPort}
            onChange={(event) => change(port.key, { containerPort: event.target.value })}
          />
          <select
            className="text-input"
            aria-label={t('run.protocol')}
            value={port.protocol}
            onChange={(event) =>
              change(port.key, { protocol: event.target.value as 'tcp' | 'udp' })
            }
          >
            <option value="tcp">TCP</option>
            <option value="udp">UDP</option>
          </select>
          <RemoveRow onClick={() => onChange(ports.filter((each) => each.key !== port.key))} />
          <PortConflict port={port} />
        </div>
      ))}
      {error && <p className="field-note field-error">{error}</p>}
      <AddRow label={t('run.addPort')} onClick={add} />
    </fieldset>
  );
}

/** Says who holds the port already, before the engine has to. */
function PortConflict({ port }: { port: PortField }) {
  const { t } = useLanguage();
  const holder = useContainers((state) =>
    [...state.byId.values()].find(
      (container) =>
        isAlive(container) &&
        publishedPorts(container).some(
          (each) => String(each.hostPort) === port.hostPort && each.protocol === port.protocol,
        ),
    ),
  );
  if (!holder) return null;
  return (
    <p className="field-note run-conflict">
      {t('run.portTaken', { port: port.hostPort, name: nameOf(holder) })}
    </p>
  );
}

interface PairRowsProps {
  readonly kind: 'environment' | 'mounts';
  readonly pairs: readonly PairField[];
  readonly onChange: (pairs: readonly PairField[]) => void;
  readonly error: string | null;
}

const PAIR_TEXT = {
  environment: {
    title: 'run.environment',
    left: 'run.variable',
    right: 'run.value',
    add: 'run.addVariable',
    leftSample: 'KEY',
  },
  mounts: {
    title: 'run.mounts',
    left: 'run.source',
    right: 'run.target',
    add: 'run.addMount',
    leftSample: null,
  },
} as const;

export function PairRows({ kind, pairs, onChange, error }: PairRowsProps) {
  const { t } = useLanguage();
  const text = PAIR_TEXT[kind];
  const change = (key: number, patch: Partial<PairField>) =>
    onChange(pairs.map((pair) => (pair.key === key ? { ...pair, ...patch } : pair)));
  return (
    <fieldset className="run-group">
      <legend className="field-label">{t(text.title)}</legend>
      {pairs.map((pair) => (
        <div className={`run-row run-row-${kind}`} key={pair.key}>
          <TextInput
            mono
            aria-label={t(text.left)}
            placeholder={text.leftSample ?? t('run.sourcePlaceholder')}
            value={pair.left}
            onChange={(event) => change(pair.key, { left: event.target.value })}
            onPaste={(event) => {
              const pasted = pairsOf(event.clipboardData.getData('text'));
              if (kind !== 'environment' || pasted.length === 0) return;
              event.preventDefault();
              onChange([...pairs.filter((each) => each.key !== pair.key), ...pasted]);
            }}
          />
          <span aria-hidden="true">{kind === 'environment' ? '=' : '→'}</span>
          <TextInput
            mono
            aria-label={t(text.right)}
            placeholder={kind === 'mounts' ? '/data' : ''}
            value={pair.right}
            onChange={(event) => change(pair.key, { right: event.target.value })}
          />
          {kind === 'mounts' && (
            <label className="run-read-only">
              <input
                type="checkbox"
                checked={pair.readOnly === true}
                onChange={(event) => change(pair.key, { readOnly: event.target.checked })}
              />
              {t('run.readOnly')}
            </label>
          )}
          <RemoveRow onClick={() => onChange(pairs.filter((each) => each.key !== pair.key))} />
        </div>
      ))}
      {error && <p className="field-note field-error">{error}</p>}
      <AddRow
        label={t(text.add)}
        onClick={() => onChange([...pairs, { key: rowKey(), left: '', right: '' }])}
      />
    </fieldset>
  );
}

/** Lines of an env file: `KEY=value`, comments and blanks left out; nothing else is taken apart. */
function pairsOf(text: string): PairField[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^export\s+/, ''))
    .filter((line) => /^[^#=\s]+=/.test(line))
    .map((line) => {
      const equals = line.indexOf('=');
      const value = line.slice(equals + 1).replace(/^(['"])(.*)\1$/, '$2');
      return { key: rowKey(), left: line.slice(0, equals), right: value };
    });
}

function RemoveRow({ onClick }: { onClick: () => void }) {
  const { t } = useLanguage();
  return <IconButton size="small" icon="close" label={t('run.removeRow')} onClick={onClick} />;
}

function AddRow({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <div>
      <Button tone="quiet" icon="plus" onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}
