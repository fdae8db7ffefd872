/*
 * A client of the services, as anybody would write it: stubs by rpcgen,
 * RPC by libtirpc. Calls every procedure, checks every result.
 *
 * usage: rpcgen-client ECHO_PORT CALCULATOR_PORT [STATISTICS_PORT]
 * (UDP, on 127.0.0.1)
 *
 * Exit status: 0 all right, 1 a call failed or gave a wrong result, 64 usage.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <rpc/rpc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calculator.h"
#include "echo.h"
#include "statistics.h"

static int failures;

/* Tells what was called and whether it was right. */
static void report(const char *call, bool right)
{
    printf("%s: %s\n", call, right ? "ok" : "WRONG");
    failures += !right;
}

/* True when the call came back with success; says so otherwise. */
static bool succeeded(CLIENT *client, enum clnt_stat status, const char *call)
{
    if (status != RPC_SUCCESS) {
        clnt_perror(client, call);
        failures++;
    }
    return status == RPC_SUCCESS;
}

static CLIENT *connect_to(uint16_t port, rpcprog_t program, rpcvers_t version)
{
    /* With a port given, libtirpc does not ask rpcbind for one. */
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int socket = RPC_ANYSOCK;
    struct timeval retransmit = { .tv_sec = 2 };
    CLIENT *client = clntudp_bufcreate(&server, program, version, retransmit,
                                       &socket, 8192, 8192);
    if (client == NULL) {
        clnt_pcreateerror("clntudp_bufcreate");
        exit(1);
    }
    struct timeval limit = { .tv_sec = 10 };
    clnt_control(client, CLSET_TIMEOUT, (char *)&limit);
    return client;
}

static void call_echo(CLIENT *client, unsigned length)
{
    char call[64];
    char sent[ECHO_MAXIMUM];
    char received[ECHO_MAXIMUM];

    snprintf(call, sizeof(call), "ECHO of %u bytes", length);
    for (unsigned i = 0; i < length; i++) {
        sent[i] = (char)(i * 31 + (i >> 8));
    }
    echo_payload argument = {
        .echo_payload_len = length, .echo_payload_val = sent
    };
    /* With room given, the stub does not allocate any. */
    echo_payload result = { .echo_payload_val = received };
    memset(received, 0xa5, sizeof(received));
    if (succeeded(client, echo_1(&argument, &result, client), call)) {
        report(call, result.echo_payload_len == length &&
                     memcmp(sent, received, length) == 0);
    }
}

static void call_add(CLIENT *client, int left, int right, int sum)
{
    char call[64];
    int result = ~sum;
    calculator_ints argument = { .left = left, .right = right };

    snprintf(call, sizeof(call), "ADD %d %d", left, right);
    if (succeeded(client, add_1(&argument, &result, client), call)) {
        report(call, result == sum);
    }
}

static void call_multiply(CLIENT *client, int64_t left, int64_t right,
                          int64_t product)
{
    char call[96];
    quad_t result = ~product;
    calculator_hypers argument = { .left = left, .right = right };

    snprintf(call, sizeof(call), "MULTIPLY %" PRId64 " %" PRId64, left, right);
    if (succeeded(client, multiply_1(&argument, &result, client), call)) {
        report(call, result == product);
    }
}

static void call_mean(CLIENT *client, unsigned count)
{
    char call[64];
    int values[CALCULATOR_MAXIMUM_VALUES];
    int64_t sum = 0;

    snprintf(call, sizeof(call), "MEAN of %u values", count);
    for (unsigned i = 0; i < count; i++) {
        values[i] = (int)i * 1000003 - 100000000;
        sum += values[i];
    }
    calculator_values argument = {
        .calculator_values_len = count, .calculator_values_val = values
    };
    calculator_mean result = { .sum = ~sum, .count = ~count };
    if (succeeded(client, mean_1(&argument, &result, client), call)) {
        report(call, result.sum == sum && result.count == count);
    }
}

static void call_divide(CLIENT *client, double left, double right)
{
    char call[64];
    double result = 0;
    calculator_doubles argument = { .left = left, .right = right };

    snprintf(call, sizeof(call), "DIVIDE %g %g", left, right);
    if (succeeded(client, divide_1(&argument, &result, client), call)) {
        report(call, result == left / right);
    }
}

static void call_norm(CLIENT *client, unsigned count)
{
    char call[64];
    float values[CALCULATOR_MAXIMUM_VALUES];
    double sum = 0;
    double result = -1;

    snprintf(call, sizeof(call), "NORM of %u values", count);
    for (unsigned i = 0; i < count; i++) {
        values[i] = (float)i / 8 - 3;
        sum += (double)values[i] * values[i];
    }
    calculator_floats argument = {
        .calculator_floats_len = count, .calculator_floats_val = values
    };
    if (succeeded(client, norm_1(&argument, &result, client), call)) {
        report(call, result == sqrt(sum));
    }
}

/* Reads every record there is; prints processes and their calls. */
static void read_statistics(CLIENT *client)
{
    u_int first = 0;
    u_quad_t accepted = 0;
    statistics_system machine = { .number = STATISTICS_NONE };

    for (;;) {
        char name[33] = "";
        statistics_process process = { .name = name };
        if (!succeeded(client, statistics_process_1(&first, &process, client),
                       "STATISTICS_PROCESS")) {
            return;
        }
        if (process.number == STATISTICS_NONE) {
            break;
        }
        printf("process %" PRIu64 " %s: %" PRIu64 " calls, %" PRIu64
               " replied\n", (uint64_t)process.number, process.name,
               (uint64_t)process.calls.accepted,
               (uint64_t)process.calls.replied);
        accepted += process.calls.accepted;
        first = (u_int)process.number + 1;
    }
    first = 0;
    if (succeeded(client, statistics_system_1(&first, &machine, client),
                  "STATISTICS_SYSTEM")) {
        /* Every call so far belongs to a process; the last are our own. */
        report("STATISTICS_SYSTEM", machine.number == 0 && machine.cores > 0 &&
                                    machine.calls_accepted > accepted);
    }
}

static uint16_t parse_port(const char *text)
{
    char *end;
    errno = 0;
    unsigned long port = strtoul(text, &end, 10);
    if (errno != 0 || *text == '\0' || *end != '\0' || port == 0 ||
        port > UINT16_MAX) {
        fprintf(stderr, "rpcgen-client: '%s' is not a port\n", text);
        exit(64);
    }
    return (uint16_t)port;
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: rpcgen-client ECHO_PORT CALCULATOR_PORT "
                        "[STATISTICS_PORT]\n");
        return 64;
    }
    CLIENT *echo = connect_to(parse_port(argv[1]), ECHO_PROGRAM, ECHO_VERSION);
    CLIENT *calculator = connect_to(parse_port(argv[2]), CALCULATOR_PROGRAM,
                                    CALCULATOR_VERSION);

    char nothing;
    if (succeeded(echo, echo_null_1(NULL, &nothing, echo), "ECHO_NULL")) {
        report("ECHO_NULL", true);
    }
    /* 1428 is the most that fits one Ethernet frame of 1,500 bytes. */
    static const unsigned lengths[] = { 0, 1, 2, 3, 4, 96, 400, 1024, 1428 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        call_echo(echo, lengths[i]);
    }

    if (succeeded(calculator, calculator_null_1(NULL, &nothing, calculator),
                  "CALCULATOR_NULL")) {
        report("CALCULATOR_NULL", true);
    }
    call_add(calculator, 40, 2, 42);
    call_add(calculator, -1, -1, -2);
    call_add(calculator, INT32_MAX, 1, INT32_MIN);
    call_multiply(calculator, 6, 7, 42);
    call_multiply(calculator, -3000000000, 3, -9000000000);
    call_multiply(calculator, INT64_MAX, -1, -INT64_MAX);
    call_mean(calculator, 0);
    call_mean(calculator, 1);
    call_mean(calculator, CALCULATOR_MAXIMUM_VALUES);
    call_divide(calculator, 1, 3);
    call_divide(calculator, -1e300, 1e-300);
    call_norm(calculator, 0);
    call_norm(calculator, CALCULATOR_MAXIMUM_VALUES);

    if (argc == 4) {
        CLIENT *statistics = connect_to(parse_port(argv[3]), STATISTICS_PROGRAM,
                                        STATISTICS_VERSION);
        read_statistics(statistics);
        clnt_destroy(statistics);
    }

    clnt_destroy(echo);
    clnt_destroy(calculator);
    if (failures != 0) {
        printf("%d calls failed\n", failures);
        return 1;
    }
    return 0;
}
