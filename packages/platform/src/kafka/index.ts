export { ensureTopics, type TopicRequirements } from './ensure-topics.ts';
export { createKafka, type KafkaHandle } from './kafka.ts';
export {
  type KafkaConfig,
  type KafkaLogLine,
  type KafkaTopics,
  kafkaTopics,
} from './kafka-config.ts';
export { type KafkaAppenderOptions, KafkaLogAppender } from './kafka-log-appender.ts';
export { type KafkaConsumerOptions, KafkaLogConsumer } from './kafka-log-consumer.ts';
export { KafkaOutcomeLog } from './kafka-outcome-log.ts';
