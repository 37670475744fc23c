// A client on SCTP as a process of its own: node scripted-peer.ts LOCAL-ADDRESS LOCAL-PORT REMOTE-ADDRESS REMOTE-PORT
// Sends one MESSAGE, and writes the start line of whatever comes. For each line that it reads it begins anew, from the same port: its
// ABORT and its INIT have left when it writes `begun`. It stays until its input ends.
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { Ready, Received, SctpSocket } from '@hermod/sctp';

const [localAddress = '', localPort = '', remoteAddress = '', remotePort = ''] =
  process.argv.slice(2);
const MESSAGE = Buffer.from(
  `MESSAGE sip:bob@localhost SIP/2.0\r\nVia: SIP/2.0/SCTP ${localAddress}:${localPort};branch=z9hG4bK1\r\n` +
    'From: <sip:a@localhost>;tag=1\r\nTo: <sip:bob@localhost>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n' +
    'Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
);
const buffer = Buffer.alloc(65_536);

function begin(): SctpSocket {
  const socket = SctpSocket.connect({
    remote: [remoteAddress],
    port: Number(remotePort),
    local: [localAddress],
    localPort: Number(localPort),
  });
  socket.onReady = (events) => {
    if ((events & Ready.writable) !== 0) {
      socket.poll(Ready.readable);
      socket.send(MESSAGE, MESSAGE.length, true);
    }
    read(socket);
  };
  socket.poll(Ready.readable | Ready.writable);
  return socket;
}

function read(socket: SctpSocket): void {
  for (;;) {
    const result = socket.receive(buffer);
    if (result === -constants.errno.EAGAIN) return;
    if (result <= 0) process.exit(1);
    if ((result & 7) !== Received.end) continue;
    const [startLine = ''] = buffer.toString('latin1', 0, result >>> 3).split('\r\n');
    process.stdout.write(`${startLine}\n`);
  }
}

let socket = begin();
const lines = createInterface({ input: process.stdin });
lines.on('line', () => {
  socket.close(true);
  socket = begin();
  process.stdout.write('begun\n');
});
lines.on('close', () => process.exit(0));
