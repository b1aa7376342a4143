/** Version, socket and place of the engine; each can be copied by selecting it. */
import { useLanguage } from '../../messages/language-context.tsx';
import { useEngine } from './store.ts';
import '../../components/panel.css';
import './engine.css';

export function EngineFacts() {
  const { t, formats } = useLanguage();
  const engine = useEngine((state) => state.summary);
  const socket = useEngine((state) => state.status?.socket);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t('engine.version'), engine?.version],
    [t('engine.apiVersion'), engine?.apiVersion],
    [t('engine.socket'), socket],
    [t('engine.dataRoot'), engine?.dataRoot],
    [t('engine.cpus'), engine ? formats.number(engine.cpus) : undefined],
    [t('engine.memory'), engine ? formats.bytes(engine.memoryBytes) : undefined],
  ];
  return (
    <dl className="panel engine-facts">
      {facts.map(([name, value]) => (
        <div className="panel-row" key={name}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
