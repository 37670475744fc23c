/** RTT estimate, ms. Elements that talk to each other must use the same (RFC 4321 §1.6).  @see RFC 3261 §17.1.1.1 */
export const T1 = 500;
/** Longest interval between retransmissions of a non-INVITE request, ms.  @see RFC 3261 §17.1.2.2 */
export const T2 = 4_000;
/** Longest time a message stays in the network, ms.  @see RFC 3261 §17.1.2.2 */
export const T4 = 5_000;
/** Timers B, F, H, J, L, M: the life of a transaction, ms. */
export const TIMER_64_T1 = 64 * T1;
/** Timer D over unreliable transports: how long repeats of a final response to INVITE are acknowledged, ms.  @see RFC 3261 §17.1.1.2 */
export const TIMER_D_MS = 32_000;
/** Timer C of a proxy: how long an INVITE branch may go without a provisional response, ms. "MUST be larger than 3 minutes."
 *  @see RFC 3261 §16.6 step 11 */
export const TIMER_C_MS = 181_000;
/** When a 100 must, and over unreliable transports first may, be sent: the moment the client's Timer E reaches T2
 *  (T1 + 2·T1 + 4·T1 = 3,500 ms).  @see RFC 4320 §4.1 */
export const TRYING_AFTER_MS = T1 + 2 * T1 + 4 * T1;
