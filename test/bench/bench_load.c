// SPDX-License-Identifier: GPL-2.0-or-later
// How fast a file is loaded, against the libraries that could do it: processor time and peak memory of each way in a
// process of its own, in turn, medians. Run by test/bench/load.
//   bench_load ROUNDS FILE...
#include <fcntl.h>
#include <jansson.h>
#include <polc/resource.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

enum { ROUNDS_MAX = 99 };

static void count_object(void *context, const struct load_object *object)
{
    (void)object;
    ++*(size_t *)context;
}

static bool run_polc(const char *path, load_fields_fn fields, bool decodes)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    size_t objects = 0;
    void *context = decodes ? (void *)res_decoder_new(arena, diags, &resources) : &objects;
    const struct loader loader = {
        arena, sources, diags, fields, decodes ? res_decode_object : count_object, context};
    load_paths(&loader, &path, 1);
    return objects + resources.objects > 0 && diags_count(diags, DIAG_ERROR) == 0;
}

static bool with_polc(const char *path)
{
    return run_polc(path, res_read_fields, false);
}

static bool with_polc_whole(const char *path)
{
    return run_polc(path, NULL, false);
}

static bool with_polc_decoded(const char *path)
{
    return run_polc(path, res_read_fields, true);
}

static bool with_jansson(const char *path)
{
    json_error_t error;
    return json_load_file(path, 0, &error) != NULL;
}

static bool with_libyaml(const char *path)
{
    FILE *file = fopen(path, "r");
    yaml_parser_t parser;
    yaml_event_t event;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, file);
    for (bool done = false; !done;) {
        if (!yaml_parser_parse(&parser, &event)) {
            return false;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    return true;
}

static bool with_read(const char *path)
{
    static char buffer[1 << 20];
    int fd = open(path, O_RDONLY);
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    }
    return got == 0;
}

struct way {
    const char *name;
    bool (*run)(const char *path);
    bool json_only;
};
static const struct way ways[] = {
    {"polc: objects, the fields it reads", with_polc, false},
    {"polc: objects, all fields", with_polc_whole, false},
    {"polc: decoded resources", with_polc_decoded, false},
    {"jansson: the whole tree", with_jansson, true},
    {"libyaml: bare events", with_libyaml, false},
    {"read(2) alone", with_read, false},
};

struct cost {
    double seconds;
    long kilobytes;
};

// Not in this process, whose memory the next way would find warm. Seconds below 0: it could not read the file.
static struct cost measure(const struct way *way, const char *path)
{
    int status;
    struct rusage usage;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(way->run(path) ? 0 : 1);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status != 0) {
        return (struct cost){-1, 0};
    }
    double micro = (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return (struct cost){(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + micro,
                         usage.ru_maxrss};
}

static int compare_costs(const void *a, const void *b)
{
    double left = ((const struct cost *)a)->seconds, right = ((const struct cost *)b)->seconds;
    return (left > right) - (left < right);
}

static void measure_file(const char *path, size_t rounds)
{
    struct cost costs[ARRAY_COUNT(ways)][ROUNDS_MAX] = {0};
    struct stat info;
    if (stat(path, &info) < 0) {
        printf("%s: cannot be read\n", path);
        return;
    }
    double megabytes = (double)info.st_size / 1e6;
    size_t length = strlen(path);
    bool json = length > 5 && strcmp(path + length - 5, ".json") == 0;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
            if (json || !ways[i].json_only) {
                costs[i][round] = measure(&ways[i], path);
            }
        }
    }
    const char *slash = strrchr(path, '/');
    printf("\n%s, %.0f MB, %zu rounds\n%-36s %8s %8s %12s\n", slash != NULL ? slash + 1 : path,
           megabytes, rounds, "", "MB/s", "time", "memory/input");
    for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
        qsort(costs[i], rounds, sizeof costs[i][0], compare_costs);
        const struct cost *median = &costs[i][rounds / 2];
        if (median->seconds > 0) {
            printf("%-36s %8.0f %8.2f %12.2f\n", ways[i].name, megabytes / median->seconds,
                   median->seconds / costs[0][rounds / 2].seconds,
                   (double)median->kilobytes / 1e3 / megabytes);
        } else if (json || !ways[i].json_only) {
            printf("%-36s cannot read it\n", ways[i].name);
        }
    }
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    if (argc < 3 || rounds == 0 || rounds > ROUNDS_MAX) {
        fputs("usage: bench_load ROUNDS FILE...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        measure_file(argv[i], rounds);
    }
    return 0;
}
