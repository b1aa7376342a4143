/** Published ports; a TCP one opens in the browser. */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { addressOf, publishedPorts, type ContainerPort } from './state.ts';

/** A row has room for this many; the pane shows all of them. */
const MOST_IN_ROW = 2;

interface PortsProps {
  readonly container: WatchedContainer;
  /** In a row: a few, and without their targets when there are several. */
  readonly isCompact?: boolean;
}

export function Ports({ container, isCompact = false }: PortsProps) {
  const ports = publishedPorts(container);
  const shown = isCompact ? ports.slice(0, MOST_IN_ROW) : ports;
  const rest = ports.slice(shown.length);
  return (
    <span className="ports">
      {shown.map((port) => (
        <Port
          key={`${port.hostPort}${port.protocol}${port.containerPort}`}
          port={port}
          hasTarget={!isCompact || ports.length === 1}
        />
      ))}
      {rest.length > 0 && (
        <span className="port-target" title={rest.map((port) => port.hostPort).join(' ')}>
          +{rest.length}
        </span>
      )}
    </span>
  );
}

function Port({ port, hasTarget }: { port: ContainerPort; hasTarget: boolean }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const address = addressOf(port);
  const target =
    !hasTarget || port.containerPort === port.hostPort ? '' : ` → ${port.containerPort}`;
  const suffix = port.protocol === 'tcp' ? '' : `/${port.protocol}`;
  return (
    <span className="port">
      {address === null ? (
        <span className="port-number">{port.hostPort}</span>
      ) : (
        <a
          className="port-number"
          href={address}
          tabIndex={-1}
          title={t('ports.open', { address })}
          onClick={(event) => {
            event.preventDefault();
            event.stopPropagation();
            void bridge.call('external.open', { url: address });
          }}
        >
          {port.hostPort}
        </a>
      )}
      {(target || suffix) && (
        <span className="port-target">
          {target}
          {suffix}
        </span>
      )}
    </span>
  );
}
