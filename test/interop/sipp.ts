import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Lost datagrams, in percent, both ways. */
export const LOST_PERCENT = 15;

/** Arguments of SIPp that all runs have. @param scenario its file  @param port of its own, on 127.0.0.1 */
export function sippArguments(
  scenario: string,
  port: number,
  transport: 'udp' | 'tcp',
): readonly string[] {
  return [
    ...['-sf', scenario, '-i', '127.0.0.1', '-p', String(port)],
    ...['-t', transport === 'udp' ? 'u1' : 't1', '-nostdin', '-skip_rlimit'],
  ];
}

/** A scenario of test/interop/scenarios. */
export function scenarioFile(name: string): string {
  return fileURLToPath(new URL(`scenarios/${name}.xml`, import.meta.url));
}

/** A client that registers nothing and sends MESSAGEs to one AoR, each with a number of its own. */
export function messageClient(
  directory: string,
  aor: string,
  status: number,
  lostPercent = 0,
): string {
  const lost = lostPercent === 0 ? '' : ` lost="${lostPercent}"`;
  return scenario(
    directory,
    'client',
    `
<send retrans="500"${lost}><![CDATA[
MESSAGE ${aor} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:sipp@example.com>;tag=[call_number]
To: <${aor}>
Call-ID: [call_id]
CSeq: 1 MESSAGE
Content-Type: text/plain
Content-Length: [len]

number [call_number]
]]></send>
<recv response="100" optional="true"/>
<recv response="${status}"${lost}/>
${lostPercent === 0 ? '' : '<timewait milliseconds="1000"/>'}`,
  );
}

/** A device that answers each MESSAGE. */
export function messageServer(directory: string, lostPercent = 0): string {
  const lost = lostPercent === 0 ? '' : ` lost="${lostPercent}"`;
  return scenario(
    directory,
    'server',
    `
<recv request="MESSAGE"${lost}/>
<send${lost}><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<timewait milliseconds="4000"/>`,
  );
}

function scenario(directory: string, name: string, steps: string): string {
  const file = join(directory, `${name}.xml`);
  writeFileSync(file, `<?xml version="1.0"?>\n<scenario name="${name}">${steps}\n</scenario>\n`);
  return file;
}
