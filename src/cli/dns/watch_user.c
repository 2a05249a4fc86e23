// SPDX-License-Identifier: GPL-2.0-or-later
// Another user, one capability, and no way back: netlink asks for CAP_NET_ADMIN with every message, so that one stays.
// System calls, not libcap: these few are all there is.
#include "watch_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <polc/base/file.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DIRECTORY_MODE = 0755 };

// ---- the directory that is the user's -------------------------------------------------------------------------

static int make_directory(struct run *run, const char *directory)
{
    char *copy = arena_strdup(run->arena, directory);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, DIRECTORY_MODE) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    if (mkdir(copy, DIRECTORY_MODE) != 0) {
        return errno == EEXIST ? 0 : errno;
    }
    return chmod(copy, DIRECTORY_MODE) == 0 ? 0 : errno; // whatever the umask: others read there
}

// The file that this one wrote before it had a user of its own. No link: nobody else could write here so far.
static int give_file(int directory, const char *name, const struct passwd *user)
{
    CLOSING int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    return fchown(fd, user->pw_uid, user->pw_gid) != 0 ? errno : 0;
}

// What is in a directory that is the user's already may be a link that the user has laid: nothing is done then.
static int give_directory(const struct passwd *user, const char *directory, const char *file)
{
    struct stat stat;
    CLOSING int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        return errno;
    }
    if (stat.st_uid == user->pw_uid) {
        return 0;
    }
    int error = stat.st_uid == geteuid() ? give_file(fd, file, user) : 0;
    return error != 0 || fchown(fd, user->pw_uid, user->pw_gid) == 0 ? error : errno;
}

// ---- capabilities ---------------------------------------------------------------------------------------------

// What nothing it executes could get. Takes CAP_SETPCAP; without that it has little anyway.
static void close_bounding_set(void)
{
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (capability != CAP_NET_ADMIN) {
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
}

// What it has of CAP_NET_ADMIN stays.
static bool keep_one_capability(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    const uint32_t wanted = 1u << CAP_NET_ADMIN;
    if (syscall(SYS_capget, &header, data) != 0) {
        return false;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if ((data[0].permitted & ~wanted) == 0 && data[1].permitted == 0) {
        return true; // a service manager has taken the others, and may have forbidden the call
    }
    data[0] = (struct __user_cap_data_struct){.effective = data[0].permitted & wanted,
                                              .permitted = data[0].permitted & wanted};
    data[1] = (struct __user_cap_data_struct){0};
    return syscall(SYS_capset, &header, data) == 0;
}

// The capabilities of the old user last until keep_one_capability.
static bool change_user(const struct passwd *user)
{
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, NULL) == 0 &&
           setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
           setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 &&
           prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0;
}

// ---- all together ---------------------------------------------------------------------------------------------

static int become(const char *name, const char *directory, const char *file)
{
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (user == NULL) {
        complain("there is no user \"%s\"%s%s", name, errno != 0 ? ": " : "",
                 errno != 0 ? strerror(errno) : "");
        hint("adduser --system --group --no-create-home %s", name);
        return POLC_EXIT_USAGE;
    }
    if (user->pw_uid == geteuid()) {
        return POLC_EXIT_OK;
    }
    int error = give_directory(user, directory, file);
    if (error != 0) {
        complain("%s cannot be given to user %s: %s", directory, name, strerror(error));
        return POLC_EXIT_SYSTEM;
    }
    if (!change_user(user)) {
        complain("cannot become user %s: %s", name, strerror(errno));
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

int watch_user_become(struct run *run, const char *user, const char *store)
{
    const char *slash = strrchr(store, '/');
    const char *directory = arena_strndup(run->arena, store, (size_t)(slash - store));
    int error = make_directory(run, directory);
    if (error != 0) {
        complain("%s cannot be made: %s", directory, strerror(error));
        if (geteuid() != 0) {
            hint("sudo polc dns watch%s", same_options(run, false));
        }
        return POLC_EXIT_SYSTEM;
    }
    close_bounding_set(); // as long as it may
    int code = user != NULL ? become(user, directory, slash + 1) : POLC_EXIT_OK;
    if (code == POLC_EXIT_OK &&
        (!keep_one_capability() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)) {
        complain("cannot give up capabilities: %s", strerror(errno));
        code = POLC_EXIT_SYSTEM;
    }
    return code;
}
