/** What an image is called, who uses it, and what it starts. */
import type { ReactNode } from 'react';
import type { ImageDetail, ImageSummary } from '../../../electron/ipc/contract.ts';
import { formatRoute } from '../../app/router.ts';
import { IconButton } from '../../components/button.tsx';
import { copyText } from '../../components/copy.ts';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { useContainers } from '../containers/store.ts';
import { nameOf, toneOf } from '../containers/state.ts';
import { quoteWords } from '../containers/run/words.ts';

interface ImageOverviewProps {
  readonly image: ImageSummary;
  readonly detail: ImageDetail;
}

export function ImageOverview({ image, detail }: ImageOverviewProps) {
  const { t, formats } = useLanguage();
  const labels = Object.entries(detail.labels);
  const createdMs = Date.parse(detail.created);
  return (
    <dl className="facts">
      <Fact name={t('images.tags')}>
        {detail.repoTags.map((tag) => (
          <Copied key={tag} text={tag} />
        ))}
      </Fact>
      <Fact name={t('images.digests')}>
        {detail.repoDigests.map((digest) => (
          <Copied key={digest} text={digest} />
        ))}
      </Fact>
      <UsedBy image={image} />
      <Fact name={t('images.created')}>
        {Number.isNaN(createdMs) ? null : formats.dateTime(createdMs)}
      </Fact>
      <Fact name={t('images.entrypoint')}>
        {detail.entrypoint.length > 0 && <Copied text={quoteWords(detail.entrypoint)} />}
      </Fact>
      <Fact name={t('images.command')}>
        {detail.command.length > 0 && <Copied text={quoteWords(detail.command)} />}
      </Fact>
      <Fact name={t('images.workingDirectory')}>
        {detail.workingDirectory && <code>{detail.workingDirectory}</code>}
      </Fact>
      <Fact name={t('images.user')}>{detail.user && <code>{detail.user}</code>}</Fact>
      <Fact name={t('images.ports')}>
        {detail.exposedPorts.map((port) => (
          <code key={port}>{port}</code>
        ))}
      </Fact>
      <Fact name={t('images.environment')}>
        {detail.environment.map((line) => (
          <code className="fact-wrap" key={line}>
            {line}
          </code>
        ))}
      </Fact>
      <Fact name={t('images.labels')}>
        {labels.map(([name, value]) => (
          <code className="fact-wrap" key={name}>
            {name}={value}
          </code>
        ))}
      </Fact>
    </dl>
  );
}

/** Left out when there is nothing to say. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  const isEmpty = Array.isArray(children) ? children.length === 0 : !children;
  if (isEmpty) return null;
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Copied({ text }: { text: string }) {
  const { t } = useLanguage();
  return (
    <span className="fact-copied">
      <code className="fact-wrap">{text}</code>
      <IconButton
        size="small"
        icon="copy"
        label={t('action.copy')}
        onClick={() => void copyText(text)}
      />
    </span>
  );
}

function UsedBy({ image }: { image: ImageSummary }) {
  const { t } = useLanguage();
  const byId = useContainers((state) => state.byId);
  const users = [...byId.values()].filter((container) => container.ImageID === image.Id);
  return (
    <Fact name={t('images.usedBy')}>
      {users.map((container) => (
        <a
          className="fact-user"
          key={container.Id}
          href={formatRoute({ view: 'containers', id: container.Id })}
        >
          <StatusDot tone={toneOf(container)} small />
          {nameOf(container)}
        </a>
      ))}
    </Fact>
  );
}
