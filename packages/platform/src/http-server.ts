import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatHostPort, type HostPort } from './config-value.ts';
import type { Health } from './health.ts';
import { listenError } from './listen-error.ts';
import { readLivePage } from './live-page/live-page.ts';
import type { Metrics } from './metrics.ts';
import { type PageFile, pageHeaders } from './page-file.ts';

/** Everything from this network is bounded: it is for monitoring, a few scrapes a second at most. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;
const REQUEST_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
const MAX_REQUESTS_PER_SOCKET = 1_000;

/** What {@link OperationServer} shows. */
export type OperationPages = {
  readonly service: string;
  readonly health: Health;
  readonly metrics: Metrics;
};

/** The operator's port of a process: `/metrics`, `/healthz` (it runs), `/readyz` (it should get work), and for browsers a live page. */
export class OperationServer {
  readonly #server: Server;
  readonly #pages: OperationPages;
  readonly #files = new Map<string, PageFile>(readLivePage());

  private constructor(pages: OperationPages) {
    this.#pages = pages;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        // Nothing here takes a body: what comes is dropped.
        request.resume();
        this.#answer(request, response);
      },
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Resolves when it listens. Rejects with an Error that names the address and `HERMOD_HTTP_LISTEN`. */
  static async listen(address: HostPort, pages: OperationPages): Promise<OperationServer> {
    const operation = new OperationServer(pages);
    const server = operation.#server;
    await new Promise<void>((resolve, reject) => {
      // Stays: later errors are of one connection that could not be accepted, and nobody's end.
      server.on('error', (cause) => {
        reject(listenError(cause, `http://${formatHostPort(address)}`, 'HERMOD_HTTP_LISTEN'));
      });
      server.listen(address.port, address.host, () => resolve());
    });
    return operation;
  }

  /** Where it listens: the port is the real one when 0 was asked for. */
  get address(): HostPort {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening');
    return { host: bound.address, port: bound.port };
  }

  /** Serves more files.  @param files by path */
  add(files: ReadonlyMap<string, PageFile>): void {
    for (const [path, file] of files) this.#files.set(path, file);
  }

  /** Ends open connections too. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      send(response, 405, 'text/plain', 'method not allowed\n');
      return;
    }
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    switch (path) {
      case '/':
        this.#answerIndex(request.headers.accept ?? '', response);
        return;
      case '/healthz':
        send(response, 200, 'application/json', '{"status":"ok"}\n');
        return;
      case '/readyz':
        this.#answerReady(response);
        return;
      case '/metrics':
        this.#answerMetrics(request.headers.accept ?? '', response);
        return;
      default:
        this.#answerFile(path, response);
    }
  }

  /** The live page for who says that it shows HTML, a few lines for everybody else. */
  #answerIndex(accept: string, response: ServerResponse): void {
    response.setHeader('Vary', 'Accept');
    if (accept.includes('text/html')) this.#answerFile('/', response);
    else send(response, 200, 'text/plain', this.#indexText());
  }

  #answerFile(path: string, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (file === undefined) {
      send(response, 404, 'text/plain', 'not found\n');
      return;
    }
    for (const [name, value] of pageHeaders(file)) response.setHeader(name, value);
    send(response, 200, file.type, file.bytes);
  }

  #indexText(): string {
    const chat = this.#files.has('/chat') ? '/chat     chat page, in a browser\n' : '';
    return `hermod ${this.#pages.service}\n\n/         live page, in a browser\n${chat}/metrics  Prometheus text format\n/healthz  the process runs\n/readyz   the process should get work\n`;
  }

  #answerReady(response: ServerResponse): void {
    const failing = this.#pages.health.failing();
    const isReady = Object.keys(failing).length === 0;
    const body = isReady ? { status: 'ready' } : { status: 'not ready', failing };
    send(response, isReady ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`);
  }

  #answerMetrics(accept: string, response: ServerResponse): void {
    this.#pages.metrics.expose(accept).then(
      ({ contentType, text }) => send(response, 200, contentType, text),
      (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.end(body);
}
