/*
 * One-to-one SCTP sockets of the Linux kernel (RFC 6458 §4) for Node: system calls and readiness, nothing else. Whatever can be decided in
 * TypeScript is decided there (../src/sctp-socket.ts).
 *
 * Sockets never block. A function that can fail returns the system's error negated, and throws only for arguments of a wrong type. All of
 * it runs on the thread of the loop that loaded it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sctp.h>

#define NAPI_VERSION 8
#include <node_api.h>

/*
 * What is used of libuv, whose header does not come with Node-API's. Its ABI is stable within libuv 1, which Node has had since its
 * version 0.11, and loading fails where 8 is not the type of a poll handle.
 */
typedef struct uv_poll_s uv_poll_t;
typedef struct uv_handle_s uv_handle_t;
enum { UV_POLL_TYPE = 8, UV_READABLE = 1, UV_WRITABLE = 2 };
extern size_t uv_handle_size(int type);
extern const char *uv_handle_type_name(int type);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);
extern void uv_close(uv_handle_t *handle, void (*on_closed)(uv_handle_t *));
extern int uv_poll_init(struct uv_loop_s *loop, uv_poll_t *handle, int fd);
extern int uv_poll_start(uv_poll_t *handle, int events, void (*on_events)(uv_poll_t *, int, int));
extern int uv_poll_stop(uv_poll_t *handle);

enum {
  /* Addresses of one end of an association that are looked at. */
  MAX_ADDRESSES = 16,
  /* Octets of a textual address. */
  ADDRESS_TEXT = INET6_ADDRSTRLEN,
};

/* What `receive` found: the low bits of its result, below the number of octets. As `Received` in ../src/sctp-addon.ts. */
enum { PART, END, RESTART, LOST, PATH_DOWN, PATH_UP, ABANDONED, OTHER, KIND_BITS = 3 };

typedef struct addon {
  napi_env env;
  struct uv_loop_s *loop;
  napi_async_context context;
  struct sctp_socket *sockets;
} addon;

typedef struct sctp_socket {
  addon *owner;
  int fd; /* -1 once closed */
  uv_poll_t *poll;
  napi_ref on_ready;
  struct sctp_socket *next, **link;
} sctp_socket;

/* Socket addresses in a row without gaps, as the kernel takes and gives them. */
typedef struct address_list {
  int count;
  int family; /* of the socket that takes them all */
  socklen_t length;
  char bytes[MAX_ADDRESSES * sizeof(struct sockaddr_in6)];
} address_list;

/* ---- Node-API in short ---- */

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

static napi_value failure(napi_env env) { return number(env, -errno); }

/* Leaves an exception pending. @returns false, which is no value either */
static bool type_fault(napi_env env, const char *what) {
  napi_throw_type_error(env, NULL, what);
  return false;
}

static napi_value refuse(napi_env env, const char *what) {
  type_fault(env, what);
  return NULL;
}

/* A whole number of an object's property; false with an exception pending where there is none. */
static bool property(napi_env env, napi_value object, const char *name, int32_t *value) {
  napi_value found;
  if (napi_get_named_property(env, object, name, &found) == napi_ok &&
      napi_get_value_int32(env, found, value) == napi_ok)
    return true;
  return type_fault(env, name);
}

static sctp_socket *socket_of(napi_env env, napi_value value) {
  void *found = NULL;
  if (napi_get_value_external(env, value, &found) != napi_ok) type_fault(env, "not a socket");
  return found;
}

/* ---- Addresses ---- */

/* Literal addresses, IPv6 without brackets, all with the same port. @returns false with an exception pending */
static bool read_addresses(napi_env env, napi_value array, int port, address_list *list) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok || length > MAX_ADDRESSES)
    return type_fault(env, "not a list of at most 16 addresses");
  memset(list, 0, sizeof *list);
  list->family = AF_INET;
  for (uint32_t i = 0; i < length; i += 1) {
    char text[ADDRESS_TEXT + 1];
    napi_value item;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (napi_get_element(env, array, i, &item) != napi_ok ||
        napi_get_value_string_latin1(env, item, text, sizeof text, NULL) != napi_ok)
      return type_fault(env, "not an address");
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
      memcpy(list->bytes + list->length, &v4, sizeof v4);
      list->length += sizeof v4;
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
      memcpy(list->bytes + list->length, &v6, sizeof v6);
      list->length += sizeof v6;
      list->family = AF_INET6;
    } else {
      return type_fault(env, "not a literal address");
    }
    list->count += 1;
  }
  return true;
}

/* addresses(socket, isRemote): [port, address, …], or the error negated. Those of an association that is over are not known. */
static napi_value addresses(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2], result, text;
  bool is_remote = false;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  napi_get_value_bool(env, argv[1], &is_remote);
  union {
    struct sctp_getaddrs header;
    char room[sizeof(struct sctp_getaddrs) + MAX_ADDRESSES * sizeof(struct sockaddr_in6)];
  } found = {.header = {.assoc_id = 0}};
  socklen_t size = sizeof found;
  int option = is_remote ? SCTP_GET_PEER_ADDRS : SCTP_GET_LOCAL_ADDRS;
  if (getsockopt(socket->fd, IPPROTO_SCTP, option, &found, &size) != 0) return failure(env);
  if (napi_create_array(env, &result) != napi_ok) return NULL;
  const char *at = (const char *)found.header.addrs;
  uint32_t index = 0;
  for (uint32_t i = 0; i < found.header.addr_num; i += 1) {
    char written[ADDRESS_TEXT];
    sa_family_t family;
    in_port_t port;
    memcpy(&family, at, sizeof family);
    if (family == AF_INET) {
      struct sockaddr_in v4;
      memcpy(&v4, at, sizeof v4);
      at += sizeof v4;
      port = v4.sin_port;
      inet_ntop(AF_INET, &v4.sin_addr, written, sizeof written);
    } else {
      struct sockaddr_in6 v6;
      memcpy(&v6, at, sizeof v6);
      at += sizeof v6;
      port = v6.sin6_port;
      inet_ntop(AF_INET6, &v6.sin6_addr, written, sizeof written);
    }
    if (index == 0) napi_set_element(env, result, index++, number(env, ntohs(port)));
    napi_create_string_latin1(env, written, NAPI_AUTO_LENGTH, &text);
    napi_set_element(env, result, index++, text);
  }
  return result;
}

/* ---- Sockets and the loop ---- */

static void on_poll_closed(uv_handle_t *handle) { free(handle); }

/* Takes the socket off the loop and closes it: gracefully as far as the kernel can, or by an ABORT. */
static void close_socket(sctp_socket *socket, bool abort) {
  if (socket->fd == -1) return;
  addon *owner = socket->owner;
  if (abort) {
    /* RFC 6458 §4.1.8 */
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  uv_poll_stop(socket->poll);
  uv_close((uv_handle_t *)socket->poll, on_poll_closed);
  close(socket->fd);
  socket->fd = -1;
  socket->poll = NULL;
  napi_delete_reference(owner->env, socket->on_ready);
  *socket->link = socket->next;
  if (socket->next != NULL) socket->next->link = socket->link;
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  close_socket(data, true);
  free(data);
}

/* A socket as JavaScript holds it. Takes the descriptor over, also where it fails: with an exception pending, or the error negated. */
static napi_value adopt(napi_env env, addon *owner, int fd, napi_value on_ready) {
  napi_value result = NULL;
  sctp_socket *socket = calloc(1, sizeof *socket);
  uv_poll_t *poll = malloc(uv_handle_size(UV_POLL_TYPE));
  int status = socket == NULL || poll == NULL ? -ENOMEM : uv_poll_init(owner->loop, poll, fd);
  if (status != 0) {
    free(socket);
    free(poll);
    close(fd);
    return number(env, status);
  }
  uv_handle_set_data((uv_handle_t *)poll, socket);
  *socket = (sctp_socket){.owner = owner, .fd = fd, .poll = poll, .next = owner->sockets};
  socket->link = &owner->sockets;
  if (socket->next != NULL) socket->next->link = &socket->next;
  owner->sockets = socket;
  if (napi_create_reference(env, on_ready, 1, &socket->on_ready) == napi_ok &&
      napi_create_external(env, socket, on_collected, NULL, &result) == napi_ok)
    return result;
  close_socket(socket, true);
  free(socket);
  return refuse(env, "not a function");
}

/* Calls on_ready(events); events is 0 where the socket has failed and is polled no more. */
static void on_events(uv_poll_t *poll, int status, int events) {
  sctp_socket *socket = uv_handle_get_data((uv_handle_t *)poll);
  napi_env env = socket->owner->env;
  napi_handle_scope scope;
  napi_value global, on_ready, argument;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  argument = number(env, status < 0 ? 0 : events);
  if (napi_get_global(env, &global) == napi_ok &&
      napi_get_reference_value(env, socket->on_ready, &on_ready) == napi_ok) {
    napi_value error;
    napi_make_callback(env, socket->owner->context, global, on_ready, 1, &argument, NULL);
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
      napi_valuetype type;
      if (napi_typeof(env, error, &type) == napi_ok && type != napi_undefined)
        napi_fatal_exception(env, error);
    }
  }
  napi_close_handle_scope(env, scope);
}

static bool set(int fd, int option, const void *value, socklen_t size) {
  return setsockopt(fd, IPPROTO_SCTP, option, value, size) == 0;
}

/*
 * A new socket with the options of SctpOptions in ../src/sctp-addon.ts.
 * @returns -1 with errno set, or -2 with an exception pending
 */
static int new_socket(napi_env env, int family, napi_value options) {
  int32_t heartbeat, path_retries, retries, rto_initial, rto_min, rto_max, init_attempts, send_buffer;
  if (!property(env, options, "heartbeatMs", &heartbeat) ||
      !property(env, options, "pathMaxRetransmissions", &path_retries) ||
      !property(env, options, "associationMaxRetransmissions", &retries) ||
      !property(env, options, "rtoInitialMs", &rto_initial) ||
      !property(env, options, "rtoMinMs", &rto_min) ||
      !property(env, options, "rtoMaxMs", &rto_max) ||
      !property(env, options, "initAttempts", &init_attempts) ||
      !property(env, options, "sendBufferBytes", &send_buffer))
    return -2;
  int on = 1, off = 0;
  /* Level 0: no other message comes between the parts of one that is delivered in parts (RFC 6458 §8.1.20). */
  int interleave = 0;
  struct sctp_event_subscribe events = {
      .sctp_association_event = 1, .sctp_address_event = 1, .sctp_partial_delivery_event = 1};
  struct sctp_rtoinfo rto = {.srto_initial = (uint32_t)rto_initial,
                             .srto_min = (uint32_t)rto_min,
                             .srto_max = (uint32_t)rto_max};
  struct sctp_paddrparams path = {.spp_hbinterval = (uint32_t)heartbeat,
                                  .spp_pathmaxrxt = (uint16_t)path_retries,
                                  .spp_flags = SPP_HB_ENABLE};
  struct sctp_assocparams association = {.sasoc_asocmaxrxt = (uint16_t)retries};
  /* One stream to send on (RFC 4168 §5.1); how many the peer uses is its own business. */
  struct sctp_initmsg init = {.sinit_num_ostreams = 1,
                              .sinit_max_attempts = (uint16_t)init_attempts,
                              .sinit_max_init_timeo = (uint16_t)rto_max};
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
  if (fd == -1) return -1;
  path.spp_address.ss_family = (sa_family_t)family;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) == 0 &&
      (family != AF_INET6 ||
       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
      set(fd, SCTP_NODELAY, &on, sizeof on) && set(fd, SCTP_EVENTS, &events, sizeof events) &&
      set(fd, SCTP_FRAGMENT_INTERLEAVE, &interleave, sizeof interleave) &&
      set(fd, SCTP_INITMSG, &init, sizeof init) && set(fd, SCTP_RTOINFO, &rto, sizeof rto) &&
      set(fd, SCTP_PEER_ADDR_PARAMS, &path, sizeof path) &&
      set(fd, SCTP_ASSOCINFO, &association, sizeof association))
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static napi_value closed_failure(napi_env env, int fd) {
  napi_value result = failure(env);
  close(fd);
  return result;
}

/* isSupported(): 0, or the error negated with which this kernel refuses SCTP. */
static napi_value is_supported(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
  if (fd == -1) return failure(env);
  close(fd);
  return number(env, 0);
}

/* listen(addresses, port, backlog, options, onReady): a socket, or the error negated. */
static napi_value listen_(napi_env env, napi_callback_info info) {
  size_t argc = 5;
  napi_value argv[5];
  addon *owner = NULL;
  int32_t port = 0, backlog = 0;
  address_list local;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&owner) != napi_ok) return NULL;
  if (napi_get_value_int32(env, argv[1], &port) != napi_ok ||
      napi_get_value_int32(env, argv[2], &backlog) != napi_ok)
    return refuse(env, "not a number");
  if (!read_addresses(env, argv[0], port, &local)) return NULL;
  int fd = new_socket(env, local.family, argv[3]);
  if (fd < 0) return fd == -1 ? failure(env) : NULL;
  if (!set(fd, SCTP_SOCKOPT_BINDX_ADD, local.bytes, local.length) || listen(fd, backlog) != 0)
    return closed_failure(env, fd);
  return adopt(env, owner, fd, argv[4]);
}

/* connect(remote, port, local, localPort, options, onReady): a socket, writable once the association is there, or the error negated.
 * @param local where to send from; none: as the routes have it, from any port */
static napi_value connect_(napi_env env, napi_callback_info info) {
  size_t argc = 6;
  napi_value argv[6];
  addon *owner = NULL;
  int32_t port = 0, local_port = 0;
  address_list remote, local;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&owner) != napi_ok) return NULL;
  if (napi_get_value_int32(env, argv[1], &port) != napi_ok ||
      napi_get_value_int32(env, argv[3], &local_port) != napi_ok)
    return refuse(env, "not a number");
  if (!read_addresses(env, argv[0], port, &remote)) return NULL;
  if (!read_addresses(env, argv[2], local_port, &local)) return NULL;
  int family = remote.family == AF_INET6 ? AF_INET6 : local.family;
  int fd = new_socket(env, family, argv[4]);
  if (fd < 0) return fd == -1 ? failure(env) : NULL;
  if (local.count > 0 && !set(fd, SCTP_SOCKOPT_BINDX_ADD, local.bytes, local.length))
    return closed_failure(env, fd);
  /* Its result is an association's id. */
  if (setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX, remote.bytes, remote.length) < 0 &&
      errno != EINPROGRESS)
    return closed_failure(env, fd);
  return adopt(env, owner, fd, argv[5]);
}

/* accept(listening, onReady): a socket, or the error negated (EAGAIN: no more). */
static napi_value accept_(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *listening = socket_of(env, argv[0]);
  if (listening == NULL) return NULL;
  int fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd == -1) return failure(env);
  return adopt(env, listening->owner, fd, argv[1]);
}

/* poll(socket, events): be told of these, a sum of 1 (readable) and 2 (writable), again and again while they last. */
static napi_value poll_(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  int32_t events = 0;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  if (napi_get_value_int32(env, argv[1], &events) != napi_ok) return refuse(env, "not a number");
  if (socket->fd == -1) return number(env, -EBADF);
  return number(env, events == 0 ? uv_poll_stop(socket->poll)
                                 : uv_poll_start(socket->poll, events, on_events));
}

/* What a notification (RFC 6458 §6.1) means. */
static int kind_of(const void *bytes, size_t length) {
  union sctp_notification note;
  memset(&note, 0, sizeof note);
  memcpy(&note, bytes, length < sizeof note ? length : sizeof note);
  switch (note.sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      switch (note.sn_assoc_change.sac_state) {
        case SCTP_RESTART:
          return RESTART;
        /* The end of an association that this side has shut down; the other side's is an empty read. */
        case SCTP_SHUTDOWN_COMP:
          return PART;
        case SCTP_COMM_LOST:
        case SCTP_CANT_STR_ASSOC:
          return LOST;
        default:
          return OTHER;
      }
    case SCTP_PEER_ADDR_CHANGE:
      switch (note.sn_paddr_change.spc_state) {
        case SCTP_ADDR_UNREACHABLE:
          return PATH_DOWN;
        case SCTP_ADDR_AVAILABLE:
          return PATH_UP;
        default:
          return OTHER;
      }
    case SCTP_PARTIAL_DELIVERY_EVENT:
      return ABANDONED;
    default:
      return OTHER;
  }
}

/*
 * receive(socket, buffer): octets * 8 + what they are (PART, END); a notification (0 octets and one of the others); 0: the
 * association was shut down, from either side; or the error negated. A notification is at most 148 octets: the buffer has to be larger.
 */
static napi_value receive(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  struct iovec part;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  if (napi_get_buffer_info(env, argv[1], &part.iov_base, &part.iov_len) != napi_ok)
    return refuse(env, "not a buffer");
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ssize_t length = recvmsg(socket->fd, &message, 0);
  if (length < 0) return failure(env);
  if ((message.msg_flags & MSG_NOTIFICATION) != 0)
    return number(env, kind_of(part.iov_base, (size_t)length));
  int kind = (message.msg_flags & MSG_EOR) != 0 ? END : PART;
  return number(env, (double)(((int64_t)length << KIND_BITS) | kind));
}

/* send(socket, buffer, length, isOrdered): 0 once the kernel has the first `length` octets as one message on stream 0, or the error
 * negated (EAGAIN: none of it). */
static napi_value send_(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4];
  struct iovec whole;
  uint32_t length = 0;
  bool is_ordered = false;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  if (napi_get_buffer_info(env, argv[1], &whole.iov_base, &whole.iov_len) != napi_ok ||
      napi_get_value_uint32(env, argv[2], &length) != napi_ok || length > whole.iov_len ||
      napi_get_value_bool(env, argv[3], &is_ordered) != napi_ok)
    return refuse(env, "not a buffer with so many octets");
  whole.iov_len = length;
  union {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(struct sctp_sndinfo))];
  } control = {.room = {0}};
  struct msghdr message = {.msg_iov = &whole,
                           .msg_iovlen = 1,
                           .msg_control = control.room,
                           .msg_controllen = sizeof control.room};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  /* RFC 4168 §5.1: stream 0, payload protocol 0. */
  struct sctp_sndinfo how = {.snd_flags = is_ordered ? 0 : SCTP_UNORDERED};
  header->cmsg_level = IPPROTO_SCTP;
  header->cmsg_type = SCTP_SNDINFO;
  header->cmsg_len = CMSG_LEN(sizeof how);
  memcpy(CMSG_DATA(header), &how, sizeof how);
  if (sendmsg(socket->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return failure(env);
  return number(env, 0);
}

/* shutdown(socket): send nothing more; the kernel delivers what it has and ends the association (RFC 9260 §9.2). */
static napi_value shutdown_(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  return shutdown(socket->fd, SHUT_WR) == 0 ? number(env, 0) : failure(env);
}

/* close(socket, abort): never fails; a second time it does nothing. */
static napi_value close_(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  bool abort = false;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  sctp_socket *socket = socket_of(env, argv[0]);
  if (socket == NULL) return NULL;
  napi_get_value_bool(env, argv[1], &abort);
  close_socket(socket, abort);
  return NULL;
}

/* The thread's loop ends: its handles have to be closed by then. */
static void on_exit_(void *data) {
  addon *owner = data;
  while (owner->sockets != NULL) close_socket(owner->sockets, false);
}

static napi_value start(napi_env env, napi_value exports) {
  addon *owner = calloc(1, sizeof *owner);
  napi_value name;
  if (owner == NULL) return refuse(env, "out of memory");
  owner->env = env;
  const char *type = uv_handle_type_name(UV_POLL_TYPE);
  if (type == NULL || strcmp(type, "poll") != 0) return refuse(env, "another libuv than 1.x");
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"isSupported", is_supported}, {"listen", listen_}, {"connect", connect_},
      {"accept", accept_},           {"poll", poll_},     {"receive", receive},
      {"send", send_},               {"addresses", addresses},
      {"shutdown", shutdown_},       {"close", close_},
  };
  if (napi_get_uv_event_loop(env, &owner->loop) != napi_ok ||
      napi_create_string_latin1(env, "SCTP", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &owner->context) != napi_ok ||
      napi_add_env_cleanup_hook(env, on_exit_, owner) != napi_ok)
    return refuse(env, "Node-API failed");
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i += 1) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, owner,
                             &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
      return refuse(env, "Node-API failed");
  }
  return exports;
}

NAPI_MODULE_INIT() { return start(env, exports); }
