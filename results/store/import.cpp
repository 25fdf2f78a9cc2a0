// Files -> index: studies, runs and calibrations whose files have changed, each in one transaction.
#include <algorithm>
#include <future>
#include <set>

#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"
#include "results/store/calibration_file.hpp"
#include "results/store/file_marks.hpp"
#include "results/store/run_rows.hpp"
#include "results/store/store_impl.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
constexpr const char* kCalibrations = "calibrations";

class Import {
 public:
  Import(SQLite::Database& db, const Tables& tables, const Workspace& workspace)
      : db_(db), tables_(tables), workspace_(workspace), inserter_(db) {}

  ImportSummary run() {
    load_marks();
    import_studies();
    import_runs();
    import_calibrations();
    drop_what_nobody_names();
    list_findings();
    return std::move(summary_);
  }

 private:
  /// Marks are taken before the files are read: what is written meanwhile is read again next time.
  bool is_changed(const std::string& subject, const std::string& marks) const {
    const auto known = marks_.find(subject);
    return known == marks_.end() || known->second != marks;
  }

  /// One transaction around `work`, unless the marks say that nothing has changed.
  void import_changed(const std::string& subject, const std::string& marks, auto work) {
    if (!is_changed(subject, marks)) return;
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    work();
    SQLite::Statement mark(db_,
                           "INSERT INTO import_mark (subject, files) VALUES (?, ?)"
                           " ON CONFLICT (subject) DO UPDATE SET files = excluded.files");
    mark.bindNoCopy(1, subject);
    mark.bindNoCopy(2, marks);
    mark.exec();
    transaction.commit();
  }

  void load_marks() {
    SQLite::Statement query(db_, "SELECT subject, files FROM import_mark");
    while (query.executeStep())
      marks_[query.getColumn(0).getString()] = query.getColumn(1).getString();
  }

  void import_studies() {
    for (const std::string& name : workspace_.study_names()) {
      seen_.insert("study:" + name);
      import_changed("study:" + name, study_marks(workspace_, name),
                     [&] { write_study(db_, read_plans(workspace_, name)); });
    }
  }

  struct ChangedRun {
    std::string id, marks;
  };

  /// While a run is written, the next one is read, which is a third of the work.
  void import_runs() {
    const std::vector<ChangedRun> runs = changed_runs();
    const auto read = [&](std::size_t i) {
      if (i == runs.size()) return std::future<RunFiles>();
      return std::async(std::launch::async | std::launch::deferred,  // where no thread can be had
                        [&, i] { return read_run(workspace_, runs[i].id); });
    };
    std::future<RunFiles> next = read(0);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      RunFiles files = next.get();
      next = read(i + 1);
      import_changed("run:" + runs[i].id, runs[i].marks,
                     [&] { import_run(runs[i].id, std::move(files)); });
    }
  }

  std::vector<ChangedRun> changed_runs() {
    std::vector<ChangedRun> changed;
    for (const std::string& id : run_ids(workspace_)) {
      ++summary_.runs_seen;
      seen_.insert("run:" + id);
      std::string marks;
      try {
        marks = run_marks(workspace_.run(id));
      } catch (const RecordError&) {
        marks = "unreadable";  // reading it will say why
      }
      if (is_changed("run:" + id, marks)) changed.push_back({id, std::move(marks)});
    }
    return changed;
  }

  /// Whether somebody else has imported it since the marks were loaded. What was read before this
  /// transaction may then be older than what the index has.
  bool is_overtaken(const std::string& subject) {
    SQLite::Statement query(db_, "SELECT files FROM import_mark WHERE subject = ?");
    query.bindNoCopy(1, subject);
    const std::string now = query.executeStep() ? query.getColumn(0).getString() : "";
    const auto known = marks_.find(subject);
    return now != (known == marks_.end() ? "" : known->second);
  }

  void import_run(const std::string& id, RunFiles files) {
    if (is_overtaken("run:" + id)) files = read_run(workspace_, id);
    if (!is_known(id)) {
      if (!files.config) {
        files.findings.push_back(
            {Finding::Kind::note, "runs/" + id + ": no plan names it and it has no config.json"});
        write_findings(db_, "run:" + id, files.findings);
        return;
      }
      ensure_run(db_, id, cell_of_unplanned(*files.config, files.findings), *files.config);
    }
    summary_.records_added += write_run(db_, inserter_, files);
  }

  bool is_known(const std::string& id) {
    SQLite::Statement query(db_, "SELECT 1 FROM run WHERE id = ?");
    query.bindNoCopy(1, id);
    return query.executeStep();
  }

  std::string cell_of_unplanned(const std::string& config, std::vector<Finding>& findings) {
    try {
      return cell_of(parse_config(tables_, config));
    } catch (const ConfigError& error) {
      findings.push_back({Finding::Kind::note, error.what()});
      return "";
    }
  }

  void import_calibrations() {
    seen_.insert(kCalibrations);
    std::vector<std::filesystem::path> paths;
    for (const std::string& name : names_in(workspace_.calibrations()))
      paths.push_back(workspace_.calibrations() / name);
    import_changed(kCalibrations, marks_of(paths),
                   [&] { write_calibrations(read_calibrations(workspace_)); });
  }

  void write_calibrations(const CalibrationFiles& files) {
    db_.exec(
        "DELETE FROM calibration; DELETE FROM step_spread; DELETE FROM network;"
        " DELETE FROM certificate");
    write_certificates(files.certificates);
    SQLite::Statement step(db_,
                           "INSERT OR REPLACE INTO calibration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Calibration& calibration : files.steps) {
      Binder row{step, 1};
      row.bind(calibration.key);
      row.bind(calibration.machine);
      for (const double seconds :
           {calibration.cost.step_s, calibration.cost.backward_s, calibration.cost.average_s,
            calibration.p10_s, calibration.p90_s, calibration.spread.interrupted_s}) {
        row.bind(seconds);
      }
      row.bind(calibration.samples);
      step.exec();
      step.reset();
      write_spread(calibration);
    }
    SQLite::Statement network(db_, "INSERT OR REPLACE INTO network VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const NetworkCalibration& calibration : files.networks) {
      Binder row{network, 1};
      row.bind(calibration.machine);
      row.bind(calibration.measured_at);
      row.bind(calibration.fit.network.name);
      row.bind(calibration.fit.network.latency_s);
      row.bind(calibration.fit.network.bandwidth_bytes_s);
      row.bind(calibration.fit.network.source);
      row.bind(calibration.fit.r_squared);
      network.exec();
      network.reset();
    }
    std::vector<Finding> findings;
    for (const std::string& message : files.damaged) {
      findings.push_back({Finding::Kind::corruption, relative_to(workspace_, message)});
    }
    write_findings(db_, kCalibrations, findings);
  }

  void write_spread(const Calibration& calibration) {
    SQLite::Statement insert(db_, "INSERT OR REPLACE INTO step_spread VALUES (?, ?, ?, ?)");
    std::int64_t steps = 1;
    for (const double deviation_s : calibration.spread.deviation_s) {
      Binder row{insert, 1};
      row.bind(calibration.key);
      row.bind(calibration.machine);
      row.bind(steps);
      row.bind(deviation_s);
      insert.exec();
      insert.reset();
      steps *= 2;
    }
  }

  void write_certificates(const std::vector<Certificate>& certificates) {
    SQLite::Statement insert(
        db_, "INSERT OR REPLACE INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Certificate& certificate : certificates) {
      std::int64_t position = 0;
      for (const CertificateCheck& check : certificate.checks) {
        Binder row{insert, 1};
        row.bind(certificate.key);
        row.bind(certificate.machine);
        row.bind(position++);
        for (const std::string* text :
             {&certificate.trainer, &check.name, &check.algorithm, &check.claim}) {
          row.bind(*text);
        }
        row.bind(check.deviation);
        row.bind(check.allowed);
        insert.exec();
        insert.reset();
      }
    }
  }

  /// Studies, runs and directories that are gone: a new index would not have them.
  void drop_what_nobody_names() {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& [subject, marks] : marks_) {
      if (seen_.count(subject)) continue;
      drop(subject);
    }
    SQLite::Statement unnamed(db_,
                              "SELECT id FROM run WHERE id NOT IN (SELECT run FROM planned_run)");
    std::vector<std::string> orphans;
    while (unnamed.executeStep()) {
      const std::string id = unnamed.getColumn(0).getString();
      if (!seen_.count("run:" + id)) orphans.push_back(id);
    }
    for (const std::string& id : orphans) remove("DELETE FROM run WHERE id = ?", id);
    transaction.commit();
  }

  void drop(const std::string& subject) {
    const std::string name = subject.substr(subject.find(':') + 1);
    if (subject.starts_with("study:")) {
      remove("DELETE FROM study WHERE name = ?", name);
      write_findings(db_, subject, {});
    } else {
      clear_run(db_, name);
    }
    remove("DELETE FROM import_mark WHERE subject = ?", subject);
  }

  void remove(const char* sql, const std::string& key) {
    SQLite::Statement statement(db_, sql);
    statement.bindNoCopy(1, key);
    statement.exec();
  }

  /// Damage stays reported until the files are well again, not only when it is first seen.
  void list_findings() {
    SQLite::Statement query(db_, "SELECT kind, message FROM problem ORDER BY subject, position");
    while (query.executeStep()) {
      const std::string kind = query.getColumn(0).getString();
      auto& list = kind == "corruption" ? summary_.corruption
                   : kind == "salvage"  ? summary_.salvaged
                                        : summary_.notes;
      list.push_back(query.getColumn(1).getString());
    }
  }

  SQLite::Database& db_;
  const Tables& tables_;
  const Workspace& workspace_;
  RecordInserter inserter_;
  std::map<std::string, std::string> marks_;
  std::set<std::string> seen_;
  ImportSummary summary_;
};
}  // namespace

ImportSummary import_workspace(SQLite::Database& db, const Tables& tables,
                               const Workspace& workspace) {
  return Import(db, tables, workspace).run();
}

}  // namespace lockstep
