/* SPDX-License-Identifier: ISC */
/* What libyaml alone takes to read a file: every event of it, and nothing done with any. */
#include <stdio.h>
#include <yaml.h>

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    yaml_parser_t parser;
    if (f == NULL || !yaml_parser_initialize(&parser)) {
        fputs("usage: yamlfloor FILE\n", stderr);
        return 2;
    }
    yaml_parser_set_input_file(&parser, f);
    unsigned long events = 0;
    for (int more = 1; more; events++) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fprintf(stderr, "%s:%lu: %s\n", argv[1], (unsigned long)parser.problem_mark.line + 1,
                    parser.problem);
            return 1;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    fclose(f);
    printf("events=%lu\n", events);
    return 0;
}
