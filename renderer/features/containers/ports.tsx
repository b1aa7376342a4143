/** Published ports; a TCP one opens in the browser. */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { addressOf, publishedPorts, type ContainerPort } from './state.ts';

export function Ports({ container }: { container: WatchedContainer }) {
  return (
    <span className="ports">
      {publishedPorts(container).map((port) => (
        <Port key={`${port.hostPort}${port.protocol}${port.containerPort}`} port={port} />
      ))}
    </span>
  );
}

function Port({ port }: { port: ContainerPort }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const address = addressOf(port);
  const target = port.containerPort === port.hostPort ? '' : ` → ${port.containerPort}`;
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
