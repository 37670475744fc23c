// A client on SCTP as a process of its own: node scripted-peer.ts LOCAL-ADDRESS LOCAL-PORT REMOTE-ADDRESS REMOTE-PORT
// Sends one MESSAGE, writes the start line of whatever comes, and stays until it is killed.
import { Ready, Received, SctpSocket } from '@hermod/sctp';

const [localAddress = '', localPort = '', remoteAddress = '', remotePort = ''] =
  process.argv.slice(2);

const socket = SctpSocket.connect({
  remote: [remoteAddress],
  port: Number(remotePort),
  local: [localAddress],
  localPort: Number(localPort),
});
const buffer = Buffer.alloc(65_536);

socket.onReady = (events) => {
  if ((events & Ready.writable) !== 0) {
    socket.poll(Ready.readable);
    const text =
      `MESSAGE sip:bob@localhost SIP/2.0\r\nVia: SIP/2.0/SCTP ${localAddress}:${localPort};branch=z9hG4bK1\r\n` +
      'From: <sip:a@localhost>;tag=1\r\nTo: <sip:bob@localhost>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n' +
      'Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n';
    const message = Buffer.from(text);
    socket.send(message, message.length, true);
  }
  for (;;) {
    const result = socket.receive(buffer);
    if (result <= 0) {
      // -11: EAGAIN.
      if (result !== -11) process.exit(1);
      return;
    }
    if ((result & 7) !== Received.end) continue;
    const [startLine = ''] = buffer.toString('latin1', 0, result >>> 3).split('\r\n');
    process.stdout.write(`${startLine}\n`);
  }
};
socket.poll(Ready.readable | Ready.writable);
