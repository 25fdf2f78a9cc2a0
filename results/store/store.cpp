#include "results/store/store.hpp"

#include "results/store/store_impl.hpp"

namespace lockstep {

Store::Store(const std::filesystem::path& database, Mode mode, Tables tables)
    : impl_(new Impl{database, mode, std::move(tables), open_index(database, mode)}) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;

ImportSummary Store::import(const Workspace& workspace) {
  if (impl_->mode == Mode::read_only) {
    throw StoreError(impl_->path.string() +
                     " was opened for reading; open it for writing to import");
  }
  return guarded(impl_->path,
                 [&] { return import_workspace(impl_->db, impl_->tables, workspace); });
}

std::vector<std::string> Store::studies() const {
  return guarded(impl_->path, [&] {
    std::vector<std::string> names;
    SQLite::Statement query(impl_->db, "SELECT name FROM study ORDER BY name");
    while (query.executeStep()) names.push_back(query.getColumn(0).getString());
    return names;
  });
}

StudyData Store::study(std::string_view name, Losses losses) const {
  return guarded(impl_->path,
                 [&] { return read_study(impl_->db, impl_->tables, std::string(name), losses); });
}

void Store::extract(std::string_view study, Extract what, RowSink& sink) const {
  guarded(impl_->path, [&] { extract_rows(impl_->db, std::string(study), what, sink); });
}

void Store::backup(const std::filesystem::path& target) const {
  guarded(impl_->path, [&] { backup_index(impl_->db, target); });
}

std::vector<std::string> Store::check() const {
  return guarded(impl_->path, [&] { return check_index(impl_->db, impl_->tables); });
}

std::string Store::dump() const {
  return guarded(impl_->path, [&] { return dump_index(impl_->db); });
}

}  // namespace lockstep
