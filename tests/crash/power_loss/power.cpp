#include "power.hpp"

#include <cerrno>
#include <utility>

#include <sys/stat.h>

namespace tally::test {

Power& power() {
    static Power the_power;
    return the_power;
}

void Power::watch(const Path& tree, std::uint64_t seed, std::uint64_t fails_at, std::uint64_t eio_at,
                  Path image, std::function<void()> on_loss) {
    tree_.emplace(tree);
    random_.seed(seed);
    fails_at_ = fails_at;
    eio_at_ = eio_at;
    operations_ = 0;
    syncs_ = 0;
    lost_ = false;
    image_ = std::move(image);
    on_loss_ = std::move(on_loss);
}

void Power::operation() {
    if (tree_ && !lost_ && ++operations_ == fails_at_)
        lose_now();
}

void Power::lose_now() {
    if (lost_)
        return;
    lost_ = true;
    tree_->lose_power(random_, image_);
    on_loss_();
}

void Power::write_back() {
    if (tree_ && !lost_)
        tree_->write_back(random_);
}

void Power::stop() {
    tree_.reset();
    lost_ = false;
}

int Power::sync(int descriptor) {
    if (!tree_)
        return 0;
    operation();
    struct stat info = {};
    ::fstat(descriptor, &info);
    if (S_ISREG(info.st_mode) && ++syncs_ == eio_at_) {
        tree_->fail_sync(descriptor);
        errno = EIO;
        return -1;
    }
    tree_->sync(descriptor);
    return 0;
}

void Power::before_change() {
    if (!tree_)
        return;
    operation();
    tree_->look();
}

}  // namespace tally::test

// NOLINTBEGIN: the linker's names
extern "C" {

int __real_rename(const char* from, const char* to);
int __real_renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags);
int __real_unlink(const char* path);

int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_rename(const char* from, const char* to);
int __wrap_renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags);
int __wrap_unlink(const char* path);

int __wrap_fdatasync(int fd) {
    return tally::test::power().sync(fd);
}

int __wrap_fsync(int fd) {
    return tally::test::power().sync(fd);
}

int __wrap_rename(const char* from, const char* to) {
    tally::test::power().before_change();
    return __real_rename(from, to);
}

int __wrap_renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    tally::test::power().before_change();
    return __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __wrap_unlink(const char* path) {
    tally::test::power().before_change();
    return __real_unlink(path);
}
}
// NOLINTEND
