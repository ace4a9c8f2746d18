/* SPDX-License-Identifier: MIT */
#include "cli/demo_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/demo_talk.h"
#include "cli/message.h"

#define SERVER   "10.99.0.1"
#define CLIENT   "10.99.0.2"
#define SERVER_6 "fd99::1"
#define CLIENT_6 "fd99::2"

/* dup'ed there for openssl: key and certificate live in memory only */
enum { KEY_FD = 8, CERT_FD = 9 };

static bool installed(const char *program)
{
    char path[4096], *rest = path;
    const char *all = getenv("PATH");
    snprintf(path, sizeof path, "%s", all ? all : "/usr/sbin:/usr/bin:/sbin:/bin");
    for (char *folder; (folder = strsep(&rest, ":"));) {
        char file[4200];
        snprintf(file, sizeof file, "%s/%s", folder, program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* A child that hears signals again. */
static pid_t spawn(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
    }
    return pid;
}

/* The director is the first process of a process namespace: all others in it die with it, whatever
 * they did to their credentials, and it dies with us. */
static pid_t spawn_director(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

/* Output nobody wants to see. */
static void silence(void)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
}

static pid_t start(char *const *arguments)
{
    pid_t pid = spawn();
    if (pid == 0) {
        silence();
        execvp(arguments[0], arguments);
        _exit(127);
    }
    return pid;
}

static void start_own(void (*server)(void))
{
    if (spawn() == 0) {
        silence();
        server();
    }
}

static bool run(char *const *arguments)
{
    int status;
    pid_t pid = start(arguments);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

#define RUN(...)   run((char *const[]){ __VA_ARGS__, NULL })
#define START(...) start((char *const[]){ __VA_ARGS__, NULL })

static void make_certificate(void)
{
    int key = memfd_create("demo-key", 0), cert = memfd_create("demo-cert", 0);
    dup2(key, KEY_FD);
    dup2(cert, CERT_FD);
    RUN("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "1", "-subj", "/CN=www.demo", "-keyout", "/dev/fd/8", "-out",
        "/dev/fd/9");
}

static void start_servers(void)
{
    start_own(jj_demo_ssh_server);
    start_own(jj_demo_bulk_server);
    if (installed("python3"))
        START("python3", "-m", "http.server", "80", "--directory", "/usr/share");
    else
        start_own(jj_demo_web_server);
    if (installed("dnsmasq"))
        START("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
              "--no-hosts", "--user=root", "--pid-file=", "--address=/demo/" SERVER,
              "--address=/demo/" SERVER_6);
    else
        start_own(jj_demo_dns_server);
    if (installed("openssl")) {
        make_certificate();
        START("openssl", "s_server", "-accept", "443", "-cert", "/dev/fd/9", "-key", "/dev/fd/8",
              "-www", "-quiet");
    }
}

/* Commands for ip(8), one a line. IPv6 may be switched off here: -force goes on. */
static bool configure(const char *commands)
{
    int script = memfd_create("demo-ip", 0), status;
    if (write(script, commands, strlen(commands)) < 0 || lseek(script, 0, SEEK_SET) != 0)
        return false;
    pid_t pid = spawn();
    if (pid == 0) {
        silence();
        dup2(script, 0);
        execlp("ip", "ip", "-force", "-batch", "-", (char *)NULL);
        _exit(127);
    }
    close(script);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) != 127;
}

static void wait_for(uint16_t port)
{
    for (int i = 0; i < 100 && !jj_demo_listens(SERVER, port); i++)
        usleep(50000);
}

/* A pause after each act lets its flows end on the screen before the next begins. */
static void rest(void)
{
    usleep(600000);
}

static void say(const char *line)
{
    jj_say("  $ %s", line);
}

static void missing(const char *program, const char *what)
{
    jj_say("  (%s is not installed: no %s)", program, what);
}

static void play_names(void)
{
    if (!installed("dig")) {
        missing("dig", "DNS");
        return;
    }
    say("dig @" SERVER " www.demo");
    RUN("dig", "@" SERVER, "www.demo", "A", "+time=1", "+tries=1");
    RUN("dig", "@" SERVER, "mail.demo", "AAAA", "+time=1", "+tries=1");
}

static void play_web(void)
{
    if (!installed("curl")) {
        missing("curl", "HTTP");
        return;
    }
    say("curl http://www.demo/");
    RUN("curl", "-s", "-m", "3", "--resolve", "www.demo:80:" SERVER, "http://www.demo/");
    if (!installed("openssl"))
        return;
    say("curl https://www.demo/");
    RUN("curl", "-sk", "-m", "3", "--resolve", "www.demo:443:" SERVER, "https://www.demo/");
}

static void play_tls(void)
{
    if (!installed("openssl")) {
        missing("openssl", "TLS");
        return;
    }
    say("openssl s_client -connect mail.demo:443 -tls1_2");
    RUN("openssl", "s_client", "-connect", SERVER ":443", "-servername", "mail.demo", "-tls1_2",
        "-alpn", "http/1.1");
}

static void play_ping(void)
{
    if (!installed("ping")) {
        missing("ping", "ICMP");
        return;
    }
    say("ping -c 3 " SERVER "; ping -6 -c 3 " SERVER_6);
    RUN("ping", "-c", "3", "-i", "0.2", "-w", "2", SERVER);
    RUN("ping", "-6", "-c", "3", "-i", "0.2", "-w", "2", SERVER_6);
}

static void play_ssh(void)
{
    jj_say("  (a client greets the SSH server)");
    jj_demo_ssh_client(SERVER);
}

static void play_bulk(void)
{
    jj_say("  (a transfer of 16 MB)");
    jj_demo_bulk_client(SERVER, 16000000);
}

static void play(void)
{
    static void (*const acts[])(void) = { play_names, play_web,  play_tls,
                                          play_ssh,   play_ping, play_bulk };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        acts[i]();
        rest();
    }
}

static bool hear(int fd)
{
    char order;
    return read(fd, &order, 1) == 1;
}

static void tell(int fd)
{
    if (write(fd, "", 1) != 1)
        _exit(1);
}

/* Servers stay in the namespace where they were started, then the director moves on. */
static _Noreturn void direct(int orders, int answers)
{
    start_servers();
    if (unshare(CLONE_NEWNET) != 0)
        _exit(1);
    tell(answers);
    if (!hear(orders))
        _exit(1);
    configure("link set lo up\n"
              "addr add " CLIENT "/24 dev cable1\n"
              "addr add " CLIENT_6 "/64 dev cable1 nodad\n"
              "link set cable1 addrgenmode none\n"
              "link set cable1 up\n");
    wait_for(JJ_DEMO_WEB_PORT);
    wait_for(JJ_DEMO_SSH_PORT);
    wait_for(JJ_DEMO_BULK_PORT);
    if (installed("openssl"))
        wait_for(JJ_DEMO_TLS_PORT);
    tell(answers);
    if (hear(orders))
        play();
    tell(answers);
    for (;;) /* the cable goes when this namespace does */
        pause();
}

static int lay_cable(struct jj_stage *stage, struct jj_error *err)
{
    char commands[500];
    snprintf(commands, sizeof commands,
             "link set lo up\n"
             "link add " JJ_DEMO_INTERFACE " type veth peer name cable1 netns %d\n"
             "addr add " SERVER "/24 dev " JJ_DEMO_INTERFACE "\n"
             "addr add " SERVER_6 "/64 dev " JJ_DEMO_INTERFACE " nodad\n"
             "link set " JJ_DEMO_INTERFACE " addrgenmode none\n"
             "link set " JJ_DEMO_INTERFACE " up\n",
             stage->director);
    if (!configure(commands))
        return jj_fail(err, -ENOENT, "the demo needs the program `ip` (package iproute2)");
    tell(stage->orders);
    if (!hear(stage->answers))
        return jj_fail(err, -EIO, "the demo's servers did not start");
    return 0;
}

int jj_stage_open(struct jj_stage *stage, struct jj_error *err)
{
    int down[2], up[2];
    *stage = (struct jj_stage){ .director = -1, .orders = -1, .answers = -1 };
    if (unshare(CLONE_NEWNET) != 0)
        return jj_fail(err, -errno,
                       "cannot make a network namespace (%s); run `sudo jj-engine demo`",
                       strerror(errno));
    if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0)
        return jj_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    stage->director = spawn_director();
    if (stage->director < 0)
        return jj_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    if (stage->director == 0) {
        close(down[1]);
        close(up[0]);
        direct(down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    stage->orders = down[1];
    stage->answers = up[0];
    if (!hear(stage->answers))
        return jj_fail(err, -EIO, "the demo's servers did not start");
    return lay_cable(stage, err);
}

void jj_stage_play(struct jj_stage *stage)
{
    if (write(stage->orders, "", 1) != 1)
        jj_stage_stop(stage);
}

void jj_stage_wait(struct jj_stage *stage)
{
    hear(stage->answers);
}

void jj_stage_stop(struct jj_stage *stage)
{
    if (stage->director <= 0)
        return;
    kill(stage->director, SIGKILL);
    waitpid(stage->director, NULL, 0);
    stage->director = -1;
}

void jj_stage_close(struct jj_stage *stage)
{
    jj_stage_stop(stage);
    if (stage->orders >= 0)
        close(stage->orders);
    if (stage->answers >= 0)
        close(stage->answers);
    stage->orders = stage->answers = -1;
}
