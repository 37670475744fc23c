export { ensureTopics } from './ensure-topics.ts';
export { createKafka, type KafkaHandle } from './kafka.ts';
export {
  type KafkaConfig,
  type KafkaLogLine,
  type KafkaTopics,
  kafkaTopics,
} from './kafka-config.ts';
export { KafkaLogAppender } from './kafka-log-appender.ts';
export { KafkaLogConsumer } from './kafka-log-consumer.ts';
export { KafkaOutcomeLog } from './kafka-outcome-log.ts';
