// Load generator: sends requests that were written beforehand to a server on this machine and measures the answers.
//
//   loadgen --port P --plan FILE [--body FILE] [--connections N] [--warm N] [--seconds S] [--cycle] [--timeout S]
//
// One thread, epoll, keep-alive connections to 127.0.0.1 and nowhere else. Nothing is built while the clock runs: the
// plan holds whole request heads, bodies are windows into one memory-mapped file that is read as if it had no end.
//
// Plan: records of { uint32 head length, uint32 flags, uint64 body offset, uint64 body length, head } in the byte
// order of the machine. Flag 1: the answer has no body whatever its headers say (HEAD).
//
// --warm N      the first N answers are not measured, or those of the first S seconds; the clock starts behind them
// --seconds S   no new request after S seconds; what is in flight is waited for
// --cycle       start over at the end of the plan (needs --seconds)
// --pids A,B    count the processor time of these processes while the clock runs
// --timeout S   give up after S seconds whatever happens (default 60)
//
// Prints one line of JSON. Exit status 0 when something was measured, errors or not: they are in the JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_ROOM = 16384, READ_ROOM = 256 * 1024, MAX_CONNECTIONS = 4096, ERROR_ROOM = 400 };

struct record {
    uint32_t head_length, flags;
    uint64_t body_offset, body_length;
};

struct request {
    struct record record;
    const char *head;
};

enum chunk_state { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };

struct connection {
    int fd;
    bool busy, wants_write, in_body, chunked, closes, measured, answered_once;
    const struct request *request;
    uint64_t head_sent, body_sent;
    double started;
    char head[HEAD_ROOM];
    size_t head_filled;
    int status;
    int64_t body_left;  // -1: until the connection closes
    enum chunk_state chunk;
    uint64_t chunk_left;
    size_t chunk_line;
};

static struct {
    int port, connections;
    long warm;
    double seconds, timeout;
    bool cycle;
    const char *pids;
} option = {.connections = 1, .timeout = 60};

static struct request *requests;
static size_t request_count, next_request;
static const char *body_bytes;
static uint64_t body_size;
static int poller;
static struct connection *all;
static char *read_room;

static double begun, clock_started, clock_stopped, give_up_at;
static long answered, in_flight;
static uint32_t *latencies;  // microseconds
static size_t latency_count, latency_room;
static uint64_t bytes_received, bytes_sent;
static long status_counts[600], errors, reconnects;
static char first_error[ERROR_ROOM + 1];
static size_t error_filled;
static struct connection *error_owner;
static double cpu_before, machine_before, server_before;

static void die(const char *what) {
    fprintf(stderr, "loadgen: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double own_cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// CPU seconds in which any core of the machine was not idle, since boot.
static double machine_cpu(void) {
    unsigned long long v[8] = {0};
    FILE *f = fopen("/proc/stat", "r");
    if (!f) return 0;
    int n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
    fclose(f);
    return n < 8 ? 0 : (double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
}

// CPU seconds of the processes named by --pids.
static double server_cpu(void) {
    unsigned long long total = 0;
    for (const char *at = option.pids; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char path[64], line[1024];
        snprintf(path, sizeof path, "/proc/%d/stat", atoi(at));
        FILE *f = fopen(path, "r");
        if (!f) continue;
        size_t n = fread(line, 1, sizeof line - 1, f);
        fclose(f);
        line[n] = 0;
        char *name_end = strrchr(line, ')');  // the name before it may hold anything
        unsigned long long user, system;
        if (name_end && sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) == 2)
            total += user + system;
    }
    return (double)total / (double)sysconf(_SC_CLK_TCK);
}

static void start_clock(void) {
    server_before = server_cpu();
    cpu_before = own_cpu();
    machine_before = machine_cpu();
    clock_started = now();
}

static const char *map_file(const char *path, uint64_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat s;
    if (fd < 0 || fstat(fd, &s) != 0) die(path);
    *size = (uint64_t)s.st_size;
    if (s.st_size == 0) return NULL;
    void *p = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (p == MAP_FAILED) die(path);
    close(fd);
    return p;
}

static void read_plan(const char *path) {
    uint64_t size, at = 0;
    const char *bytes = map_file(path, &size);
    size_t room = 0;
    while (at + sizeof(struct record) <= size) {
        if (request_count == room) {
            room = room ? room * 2 : 1024;
            requests = realloc(requests, room * sizeof *requests);
            if (!requests) die("memory");
        }
        struct request *r = &requests[request_count];
        memcpy(&r->record, bytes + at, sizeof r->record);
        at += sizeof r->record;
        if (r->record.head_length > size - at) break;
        r->head = bytes + at;
        at += r->record.head_length;
        request_count++;
    }
    if (request_count == 0 || at != size) { errno = EINVAL; die(path); }
}

static void poll_for(struct connection *c, bool writing) {
    if (c->wants_write == writing) return;
    c->wants_write = writing;
    struct epoll_event e = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e) != 0) die("epoll");
}

static void open_connection(struct connection *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)option.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->wants_write = c->answered_once = false;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) != 0) die("epoll");
}

static void send_more(struct connection *c) {
    const struct record *r = &c->request->record;
    while (c->head_sent < r->head_length || c->body_sent < r->body_length) {
        struct iovec parts[3];
        int n = 0;
        if (c->head_sent < r->head_length)
            parts[n++] = (struct iovec){(char *)c->request->head + c->head_sent, r->head_length - c->head_sent};
        uint64_t left = r->body_length - c->body_sent;
        if (left > 0) {
            uint64_t from = (r->body_offset + c->body_sent) % body_size, run = body_size - from;
            parts[n++] = (struct iovec){(char *)body_bytes + from, left < run ? left : run};
        }
        ssize_t sent = writev(c->fd, parts, n);
        if (sent < 0) {
            if (errno == EAGAIN) { poll_for(c, true); return; }
            return;  // the read that follows says why
        }
        bytes_sent += (uint64_t)sent;
        uint64_t of_head = r->head_length - c->head_sent;
        if ((uint64_t)sent < of_head) of_head = (uint64_t)sent;
        c->head_sent += of_head;
        c->body_sent += (uint64_t)sent - of_head;
    }
    poll_for(c, false);
}

static void begin(struct connection *c, const struct request *request) {
    c->request = request;
    c->head_sent = c->body_sent = 0;
    c->head_filled = 0;
    c->in_body = c->chunked = c->closes = false;
    c->status = 0;
    c->body_left = 0;
    c->chunk = CHUNK_SIZE;
    c->chunk_left = c->chunk_line = 0;
    c->started = now();
    send_more(c);
}

static void begin_next(struct connection *c) {
    if (next_request == request_count && option.cycle) next_request = 0;
    bool time_over = clock_started > 0 && option.seconds > 0 && now() - clock_started >= option.seconds;
    if (next_request >= request_count || time_over) {
        c->busy = false;
        return;
    }
    bool warm = answered >= option.warm || (option.seconds > 0 && now() - begun >= option.seconds);
    if (clock_started == 0 && warm) start_clock();
    c->busy = true;
    c->measured = clock_started > 0;
    in_flight++;
    begin(c, &requests[next_request++]);
}

static void note_error(struct connection *c, const char *text, size_t length) {
    if (error_owner && error_owner != c) return;
    error_owner = c;
    if (length > ERROR_ROOM - error_filled) length = ERROR_ROOM - error_filled;
    memcpy(first_error + error_filled, text, length);
    error_filled += length;
}

static void finish(struct connection *c, bool failed) {
    double t = now();
    in_flight--;
    answered++;
    if (failed || c->status < 200 || c->status > 299) errors++;
    if (c->status > 0 && c->status < 600) status_counts[c->status]++;
    if (c->measured && !failed) {
        if (latency_count == latency_room) {
            latency_room = latency_room ? latency_room * 2 : 65536;
            latencies = realloc(latencies, latency_room * sizeof *latencies);
            if (!latencies) die("memory");
        }
        double us = (t - c->started) * 1e6;
        latencies[latency_count++] = us > 4e9 ? UINT32_MAX : (uint32_t)us;
        clock_stopped = t;
    }
    bool reopen = c->closes || failed;
    c->answered_once = true;
    if (reopen) {
        close(c->fd);
        reconnects++;
        open_connection(c);
    }
    begin_next(c);
}

// Reads the status line and the headers that decide where the body ends.
static void parse_head(struct connection *c, const char *end) {
    c->in_body = true;
    c->body_left = -1;
    c->status = atoi(c->head + 9);
    for (char *line = strstr(c->head, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
        char *field = line + 2;
        if (strncasecmp(field, "content-length:", 15) == 0) c->body_left = atoll(field + 15);
        if (strncasecmp(field, "transfer-encoding: chunked", 26) == 0) c->chunked = true;
        if (strncasecmp(field, "connection: close", 17) == 0) c->closes = true;
    }
    if ((c->request->record.flags & 1) || c->status == 204 || c->status == 304) c->chunked = false, c->body_left = 0;
    if (c->status > 299) note_error(c, c->head, (size_t)(end - c->head));
}

// Takes body bytes; returns how many belong to this answer, and sets *complete at its end.
static size_t take_body(struct connection *c, const char *bytes, size_t count, bool *complete) {
    if (c->status > 299) note_error(c, bytes, count);
    if (!c->chunked) {
        if (c->body_left < 0) { c->closes = true; return count; }
        size_t taken = (int64_t)count < c->body_left ? count : (size_t)c->body_left;
        c->body_left -= (int64_t)taken;
        *complete = c->body_left == 0;
        return taken;
    }
    size_t i = 0;
    while (i < count) {
        if (c->chunk == CHUNK_DATA) {
            size_t run = count - i < c->chunk_left ? count - i : (size_t)c->chunk_left;
            i += run;
            c->chunk_left -= run;
            if (c->chunk_left == 0) c->chunk = CHUNK_DATA_END;
            continue;
        }
        char b = bytes[i++];
        if (c->chunk == CHUNK_DATA_END) {
            if (b == '\n') c->chunk = CHUNK_SIZE, c->chunk_left = 0;
        } else if (c->chunk == CHUNK_SIZE) {
            if (b == '\n') {
                c->chunk = c->chunk_left ? CHUNK_DATA : CHUNK_TRAILER;
                c->chunk_line = 0;
            } else if (b != '\r') {
                int digit = b >= '0' && b <= '9' ? b - '0' : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10 : -1;
                if (digit >= 0) c->chunk_left = c->chunk_left * 16 + (uint64_t)digit;
            }
        } else {  // trailer: ends with an empty line
            if (b == '\n') {
                if (c->chunk_line == 0) { *complete = true; return i; }
                c->chunk_line = 0;
            } else if (b != '\r') {
                c->chunk_line++;
            }
        }
    }
    return i;
}

static void connection_closed(struct connection *c) {
    if (!c->busy) {
        close(c->fd);
        open_connection(c);
        return;
    }
    bool nothing_came = c->head_filled == 0 && !c->in_body;
    if (nothing_came && c->answered_once) {  // an idle connection the server had closed: send again on a fresh one
        close(c->fd);
        reconnects++;
        open_connection(c);
        begin(c, c->request);
        return;
    }
    bool complete = c->in_body && !c->chunked && c->body_left < 0;
    if (!complete) note_error(c, "connection closed in the middle of an answer", 44);
    finish(c, !complete);
}

static void receive_more(struct connection *c) {
    for (;;) {
        ssize_t got = recv(c->fd, read_room, READ_ROOM, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) { connection_closed(c); return; }
        bytes_received += (uint64_t)got;
        if (!c->busy) continue;  // nothing was asked: drop it
        size_t at = 0, count = (size_t)got;
        while (at < count) {
            bool complete = false;
            if (!c->in_body) {
                size_t run = count - at, room = HEAD_ROOM - 1 - c->head_filled, before = c->head_filled;
                if (run > room) run = room;
                memcpy(c->head + c->head_filled, read_room + at, run);
                c->head_filled += run;
                c->head[c->head_filled] = 0;
                char *end = strstr(c->head, "\r\n\r\n");
                if (!end) {
                    if (c->head_filled == HEAD_ROOM - 1) { note_error(c, "header too long", 15); finish(c, true); return; }
                    break;
                }
                at += (size_t)(end + 4 - c->head) - before;
                if (strncmp(c->head + 8, " 100", 4) == 0) { c->head_filled = 0; continue; }
                parse_head(c, end);
                complete = c->body_left == 0 && !c->chunked;
            } else {
                at += take_body(c, read_room + at, count - at, &complete);
            }
            if (complete) {
                // An answer before the whole request was taken ends what this connection is good for.
                if (c->body_sent < c->request->record.body_length) c->closes = true;
                finish(c, false);
                if (at < count || c->wants_write) return;
                break;
            }
        }
        if ((size_t)got < READ_ROOM) return;
    }
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile(double q) {
    if (latency_count == 0) return 0;
    size_t i = (size_t)(q * (double)latency_count);
    return (double)latencies[i < latency_count ? i : latency_count - 1] / 1000;
}

static void report(bool timed_out) {
    if (clock_started == 0) start_clock();
    double seconds = latency_count ? clock_stopped - clock_started : now() - clock_started;
    double cpu = own_cpu() - cpu_before, machine = machine_cpu() - machine_before;
    double server = server_cpu() - server_before;
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    printf("{\"operations\":%zu,\"seconds\":%.6f,\"errors\":%ld,\"timed_out\":%s,\"reconnects\":%ld", latency_count, seconds,
           errors, timed_out ? "true" : "false", reconnects);
    printf(",\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", quantile(0.5), quantile(0.9), quantile(0.99),
           quantile(1));
    printf(",\"bytes_sent\":%llu,\"bytes_received\":%llu,\"client_cpu\":%.3f,\"machine_cpu\":%.3f,\"server_cpu\":%.3f,\"statuses\":{",
           (unsigned long long)bytes_sent, (unsigned long long)bytes_received, cpu, machine, server);
    const char *comma = "";
    for (int s = 0; s < 600; s++)
        if (status_counts[s]) printf("%s\"%d\":%ld", comma, s, status_counts[s]), comma = ",";
    printf("},\"first_error\":\"");
    for (size_t i = 0; i < error_filled; i++) {
        unsigned char b = (unsigned char)first_error[i];
        if (b == '"' || b == '\\') printf("\\%c", b);
        else if (b < 32 || b > 126) printf(" ");
        else putchar(b);
    }
    printf("\"}\n");
}

int main(int argc, char **argv) {
    const char *plan = NULL, *body = NULL;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--cycle") == 0) { option.cycle = true; continue; }
        if (i + 1 == argc) { fprintf(stderr, "loadgen: %s wants a value\n", name); return 2; }
        const char *value = argv[++i];
        if (strcmp(name, "--port") == 0) option.port = atoi(value);
        else if (strcmp(name, "--plan") == 0) plan = value;
        else if (strcmp(name, "--body") == 0) body = value;
        else if (strcmp(name, "--connections") == 0) option.connections = atoi(value);
        else if (strcmp(name, "--pids") == 0) option.pids = value;
        else if (strcmp(name, "--warm") == 0) option.warm = atol(value);
        else if (strcmp(name, "--seconds") == 0) option.seconds = atof(value);
        else if (strcmp(name, "--timeout") == 0) option.timeout = atof(value);
        else { fprintf(stderr, "loadgen: unknown option %s\n", name); return 2; }
    }
    if (!plan || option.port <= 0 || option.connections < 1 || option.connections > MAX_CONNECTIONS ||
        (option.cycle && option.seconds <= 0)) {
        fprintf(stderr, "loadgen: see the first lines of loadgen.c\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    read_plan(plan);
    if (body) body_bytes = map_file(body, &body_size);
    for (size_t i = 0; i < request_count; i++)
        if (requests[i].record.body_length && !body_size) { fprintf(stderr, "loadgen: the plan needs --body\n"); return 2; }

    poller = epoll_create1(EPOLL_CLOEXEC);
    all = calloc((size_t)option.connections, sizeof *all);
    read_room = malloc(READ_ROOM);
    if (poller < 0 || !all || !read_room) die("set-up");
    for (int i = 0; i < option.connections; i++) open_connection(&all[i]);
    begun = now();
    give_up_at = begun + option.timeout;
    for (int i = 0; i < option.connections; i++) begin_next(&all[i]);

    struct epoll_event events[256];
    while (in_flight > 0) {
        double left = give_up_at - now();
        if (left <= 0) break;
        int n = epoll_wait(poller, events, 256, (int)(left * 1000) + 1);
        if (n < 0 && errno != EINTR) die("epoll");
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) && c->busy) send_more(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive_more(c);
        }
    }
    report(in_flight > 0);
    return 0;
}
