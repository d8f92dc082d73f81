/* Prints a folder's feed and letters as JSON, as libical reads them. */

#include <dirent.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *load(const char *name) {
    FILE *f = fopen(name, "rb");
    if (f == NULL) {
        perror(name);
        exit(1);
    }
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, f) != (size_t)size)
        exit(1);
    text[size] = 0;
    fclose(f);
    return text;
}

static void string(const char *key, const char *s) {
    printf("\"%s\":\"", key);
    for (; s != NULL && *s; s++) {
        if (*s == '"' || *s == '\\')
            putchar('\\');
        if ((unsigned char)*s < 32)
            printf("\\u%04x", *s);
        else
            putchar(*s);
    }
    printf("\",");
}

/* instant goes by the calendar's own VTIMEZONE, not by a zone of this machine. */
static void instant(const char *key, icalcomponent *calendar, icalcomponent *event, icalproperty_kind kind) {
    icalproperty *p = icalcomponent_get_first_property(event, kind);
    icaltimetype at = icalvalue_get_datetime(icalproperty_get_value(p));
    const char *name = icalproperty_get_parameter_as_string(p, "TZID");
    icaltimezone *zone = name ? icalcomponent_get_timezone(calendar, name) : icaltimezone_get_utc_timezone();
    if (zone == NULL) {
        fprintf(stderr, "no zone %s\n", name);
        exit(1);
    }
    at = icaltime_convert_to_zone(icaltime_set_timezone(&at, zone), icaltimezone_get_utc_timezone());
    char text[32];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year, at.month, at.day, at.hour, at.minute, at.second);
    string(key, text);
}

static void entries(const char *name, int *some) {
    char *text = load(name);
    icalcomponent *calendar = icalparser_parse_string(text);
    if (calendar == NULL || icalcomponent_count_errors(calendar) > 0) {
        fprintf(stderr, "%s: not read\n", name);
        exit(1);
    }
    for (icalcomponent *e = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); e != NULL;
         e = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        printf((*some)++ ? ",{" : "{");
        string("UID", icalcomponent_get_uid(e));
        string("Summary", icalcomponent_get_summary(e));
        string("Status", icalproperty_status_to_string(icalcomponent_get_status(e)));
        instant("Start", calendar, e, ICAL_DTSTART_PROPERTY);
        instant("End", calendar, e, ICAL_DTEND_PROPERTY);
        printf("\"Alarms\":%d,", icalcomponent_count_components(e, ICAL_VALARM_COMPONENT));
        printf("\"Sequence\":%d}", icalcomponent_get_sequence(e));
    }
    icalcomponent_free(calendar);
    free(text);
}

int main(int argc, char **argv) {
    char name[4096];
    int some = 0;
    if (argc != 2)
        return 2;
    printf("{\"Feed\":[");
    snprintf(name, sizeof name, "%s/feed.ics", argv[1]);
    entries(name, &some);
    printf("],\"Letters\":[");
    some = 0;
    snprintf(name, sizeof name, "%s/letters", argv[1]);
    struct dirent **files;
    int n = scandir(name, &files, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (strstr(files[i]->d_name, ".ics") == NULL)
            continue;
        snprintf(name, sizeof name, "%s/letters/%s", argv[1], files[i]->d_name);
        entries(name, &some);
    }
    printf("]}\n");
    return 0;
}
