#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <ostream>

#include "results/bundle/bundle.hpp"
#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
constexpr mode_t kMode = 0644;
constexpr std::size_t kChunk = std::size_t{1} << 20;

std::string readme_of(const std::string& study) {
  return fmt::format(
      "# Study {0}\n\n"
      "Everything that the report of this study was made from, as a workspace of lockstep.\n\n"
      "    sha256sum -c SHA256SUMS                     # are the files whole?\n"
      "    lockstep report {0} --verify --workspace .  # is the report what they give?\n"
      "    lockstep report {0} --workspace .           # makes it anew, offline\n"
      "    lockstep run studies/{0}/spec.yaml --workspace ../again    # trains all of it again\n\n"
      "`studies/{0}/report` has the report, `studies/{0}/spec.yaml` what was asked, `runs` every\n"
      "record with its environment, `calibrations` what the simulated clock was fitted to.\n",
      study);
}

la_ssize_t to_stream(archive*, void* stream, const void* bytes, std::size_t count) {
  auto& out = *static_cast<std::ostream*>(stream);
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  return out ? static_cast<la_ssize_t>(count) : -1;
}

class Writer {
 public:
  Writer(std::ostream& out, std::string folder) : folder_(std::move(folder)) {
    archive* tar = tar_.get();
    require(archive_write_add_filter_gzip(tar));
    require(archive_write_set_format_pax(tar));  // times to nanoseconds: plans are ordered by them
    require(archive_write_set_options(tar, "gzip:!timestamp"));
    require(archive_write_set_bytes_in_last_block(tar, 1));
    require(archive_write_open(tar, &out, nullptr, &to_stream, nullptr));
  }

  void add(const std::string& name, std::string_view bytes) {
    begin(name, static_cast<std::int64_t>(bytes.size()), {});
    write(bytes);
    end(name);
  }

  void add(const BundleFile& file) {
    const FileHandle in(open_to_read(file.source, 0));
    struct stat status {};
    if (in.get() < 0 || ::fstat(in.get(), &status) != 0)
      throw errno_error("cannot open", file.source, errno, "");
    begin(file.name, status.st_size, status.st_mtim);
    for (std::int64_t left = status.st_size; left > 0;) {
      const auto wanted = std::min<std::int64_t>(left, static_cast<std::int64_t>(buffer_.size()));
      const ssize_t got = ::read(in.get(), buffer_.data(), static_cast<std::size_t>(wanted));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw errno_error("cannot read", file.source, errno, "");
      if (got == 0) throw ReadError(file.source.string() + " has become shorter");
      write({buffer_.data(), static_cast<std::size_t>(got)});
      left -= got;
    }
    end(file.name);
  }

  void close() {
    add("SHA256SUMS", std::string(sums_));
    require(archive_write_close(tar_.get()));
  }

 private:
  struct Free {
    void operator()(archive* tar) const { archive_write_free(tar); }
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
  };

  void require(la_ssize_t code) {
    if (code < ARCHIVE_OK)
      throw WriteError(fmt::format("cannot write the bundle: {}; is the disk full?",
                                   archive_error_string(tar_.get())));
  }
  void begin(const std::string& name, std::int64_t bytes, timespec time) {
    const std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), (folder_ + "/" + name).c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), kMode);
    archive_entry_set_size(entry.get(), bytes);
    archive_entry_set_mtime(entry.get(), time.tv_sec, time.tv_nsec);
    require(archive_write_header(tar_.get(), entry.get()));
    hash_ = Sha256();
  }
  void write(std::string_view bytes) {
    hash_.update(bytes);
    require(archive_write_data(tar_.get(), bytes.data(), bytes.size()));
  }
  void end(const std::string& name) { sums_ += fmt::format("{}  {}\n", hash_.hex(), name); }

  std::string folder_;
  std::unique_ptr<archive, Free> tar_{archive_write_new()};
  std::string buffer_ = std::string(kChunk, '\0');
  std::string sums_;  ///< as sha256sum writes them
  Sha256 hash_;
};
}  // namespace

void write_bundle(std::ostream& out, const std::string& study,
                  const std::vector<BundleFile>& files) {
  Writer writer(out, study);
  writer.add("README.md", readme_of(study));
  for (const BundleFile& file : files) writer.add(file);
  writer.close();
}

}  // namespace lockstep
