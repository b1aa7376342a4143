/**
 * The few pages the browser-mode server writes itself, in both languages at once: without a session
 * nobody has chosen one yet. Nothing of the request is ever part of them.
 */

const MESSAGES = {
  'used-link': {
    title: 'This link was used',
    en: 'Each link opens one browser. Run the command again to get a new one.',
    zh: '此链接已被使用。每个链接只能打开一次,请重新运行该命令以获取新链接。',
  },
  'no-session': {
    title: 'Not signed in',
    en: 'Open the link that the command printed, or run the command again to get a new one.',
    zh: '请打开命令行输出的链接,或重新运行该命令以获取新链接。',
  },
  forbidden: {
    title: 'Refused',
    en: 'This server answers only its own pages, by its own address.',
    zh: '此服务器只响应来自其自身地址的页面。',
  },
  method: {
    title: 'Not allowed',
    en: 'Pages can only be read.',
    zh: '只允许读取页面。',
  },
  'not-found': {
    title: 'Not found',
    en: 'There is no such page.',
    zh: '页面不存在。',
  },
} as const;

export function messagePage(name: keyof typeof MESSAGES): string {
  const { title, en, zh } = MESSAGES[name];
  return page(title, `<h1>${title}</h1><p>${en}</p><p lang="zh-Hans">${zh}</p>`);
}

/** Leads on to the window. */
export function openedPage(): string {
  return page(
    'Gantry',
    '<p><a href="/">Gantry</a></p>',
    '<meta http-equiv="refresh" content="0; url=/">',
  );
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${head}
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; }
</style></head>
<body>${body}</body>
</html>
`;
}
