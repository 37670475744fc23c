export { messageRecord, recordNumber } from './contracts/log-records.ts';
export {
  type ContractRunner,
  type MessageLogHarness,
  messageLogContract,
} from './contracts/message-log.ts';
export { RecordingSink, type SinkCall } from './contracts/recording-sink.ts';
