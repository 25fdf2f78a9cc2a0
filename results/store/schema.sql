-- The index over a workspace. Everything in it comes from files and can be made anew: `lockstep db rebuild`.
-- Views beginning with v_ are a stable interface for people and notebooks; tables may change with the version.
-- A real NaN is NULL. Bytes are per worker; seconds are durations.

CREATE TABLE study (
  name        TEXT NOT NULL PRIMARY KEY,
  question    TEXT NOT NULL,
  spec_sha256 TEXT NOT NULL,
  report      TEXT NOT NULL  -- JSON: of the newest plan
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id           TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  cell         TEXT NOT NULL,
  config       TEXT NOT NULL,  -- JSON: canonical bytes
  attempts     INTEGER NOT NULL DEFAULT 0,                -- claimed
  done_attempt INTEGER,                                   -- the attempt that won DONE
  end_reason   TEXT NOT NULL DEFAULT '',                  -- of DONE, else of the newest attempt that has ended
  detail       TEXT NOT NULL DEFAULT '',
  replayed_s   REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE planned_run (
  study TEXT NOT NULL REFERENCES study (name) ON DELETE CASCADE,
  run   TEXT NOT NULL REFERENCES run (id),
  PRIMARY KEY (study, run)
) STRICT, WITHOUT ROWID;

-- Runs that were stopped before their end, as their cell can be on no frontier; those that were taken up again are gone.
CREATE TABLE early_stop (
  study      TEXT NOT NULL REFERENCES study (name) ON DELETE CASCADE,
  run        TEXT NOT NULL,
  dominant   TEXT NOT NULL,  -- the cell that dominates the run's
  confidence REAL NOT NULL,
  attainable REAL NOT NULL,  -- mean validation accuracy that the run's cell reaches at most
  beaten_by  REAL NOT NULL,  -- lower confidence bound of the other cell's mean
  finished   INTEGER NOT NULL,  -- runs that `attainable` was learned from
  reason     TEXT NOT NULL,
  PRIMARY KEY (study, run)
) STRICT, WITHOUT ROWID;

-- One row per claimed attempt. Seconds: of the end record, or summed from syncs and evaluations
-- where there is none (estimated = 1).
CREATE TABLE attempt (
  run          TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  attempt      INTEGER NOT NULL CHECK (attempt > 0),
  state        TEXT NOT NULL CHECK (state IN ('intact', 'torn_tail', 'corrupt', 'salvaged')),
  sealed       INTEGER NOT NULL CHECK (sealed IN (0, 1)),
  good_bytes   INTEGER NOT NULL,
  good_lines   INTEGER NOT NULL,
  missing      INTEGER NOT NULL,  -- records in the gaps of a salvaged segment
  first_gap    INTEGER NOT NULL,  -- seq of the first that is missing, or -1
  unknown      INTEGER NOT NULL,  -- good lines of a type that this version does not know
  good_xxh3    TEXT NOT NULL,     -- of the good bytes: has anything before the end changed?
  end_reason   TEXT NOT NULL CHECK (end_reason IN ('', 'done', 'diverged', 'checkpointed', 'preempted', 'node', 'oom',
                                    'storage', 'hang', 'user-error', 'cancelled', 'lost')),
  detail       TEXT NOT NULL,
  step         INTEGER NOT NULL,
  wall_s       REAL,
  startup_s    REAL,
  train_s      REAL,
  eval_s       REAL,
  checkpoint_s REAL,
  other_s      REAL,
  estimated    INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  state_sha256 TEXT NOT NULL,
  PRIMARY KEY (run, attempt)
) STRICT, WITHOUT ROWID;

-- The history that counts: records of `attempt` up to `last_seq`; `before_s` is what its ancestors trained.
CREATE TABLE history (
  run      TEXT NOT NULL,
  attempt  INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  before_s REAL NOT NULL,
  PRIMARY KEY (run, attempt),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE header_record (
  run     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  json    TEXT NOT NULL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE step_record (
  run     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  step    INTEGER NOT NULL,
  epoch   REAL,
  loss    REAL,
  lr      REAL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_record (
  run              TEXT NOT NULL,
  attempt          INTEGER NOT NULL,
  seq              INTEGER NOT NULL,
  first            INTEGER NOT NULL,
  last             INTEGER NOT NULL,
  period           INTEGER NOT NULL,
  count            INTEGER NOT NULL,
  kind             TEXT NOT NULL,
  payload_bytes    INTEGER NOT NULL,
  bytes_per_worker INTEGER NOT NULL,
  wire_bytes       INTEGER NOT NULL,
  delay            INTEGER NOT NULL,
  data_s           REAL,
  compute_s        REAL,
  backward_s       REAL,
  wait_s           REAL,
  transfer_s       REAL,
  hidden_s         REAL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE eval_record (
  run             TEXT NOT NULL,
  attempt         INTEGER NOT NULL,
  seq             INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  epoch           REAL,
  split           TEXT NOT NULL,
  loss            REAL,
  accuracy        REAL,
  samples         INTEGER NOT NULL,
  train_s         REAL,
  eval_s          REAL,
  scratch_average INTEGER NOT NULL CHECK (scratch_average IN (0, 1)),
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint_record (
  run     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  step    INTEGER NOT NULL,
  name    TEXT NOT NULL,
  bytes   INTEGER NOT NULL,
  seconds REAL,
  error   TEXT NOT NULL,
  train_s REAL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE warning_record (
  run     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE end_record (
  run     TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  reason  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  step    INTEGER NOT NULL,
  wall_s       REAL,
  startup_s    REAL,
  train_s      REAL,
  eval_s       REAL,
  checkpoint_s REAL,
  other_s      REAL,
  state_sha256 TEXT NOT NULL,
  PRIMARY KEY (run, attempt, seq),
  FOREIGN KEY (run, attempt) REFERENCES attempt (run, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE calibration (
  key           TEXT NOT NULL,
  machine       TEXT NOT NULL,
  step_s        REAL NOT NULL,
  backward_s    REAL NOT NULL,
  average_s     REAL NOT NULL,
  p10_s         REAL NOT NULL,
  p90_s         REAL NOT NULL,
  interrupted_s REAL NOT NULL,  -- of a mean step, beyond step_s
  samples       INTEGER NOT NULL,
  PRIMARY KEY (key, machine)
) STRICT, WITHOUT ROWID;

-- How its steps vary: of the means of so many consecutive ones.
CREATE TABLE step_spread (
  key         TEXT NOT NULL,
  machine     TEXT NOT NULL,
  steps       INTEGER NOT NULL,
  deviation_s REAL NOT NULL,
  PRIMARY KEY (key, machine, steps)
) STRICT, WITHOUT ROWID;

-- Identities tried on a study's model and data. Deviation relative to the largest number; it holds up to `allowed`.
CREATE TABLE certificate (
  key       TEXT NOT NULL,
  machine   TEXT NOT NULL,
  position  INTEGER NOT NULL,
  trainer   TEXT NOT NULL,  -- SHA-256 of the program
  name      TEXT NOT NULL,
  algorithm TEXT NOT NULL,  -- '': of model and data alone
  claim     TEXT NOT NULL,
  deviation REAL NOT NULL,
  allowed   REAL NOT NULL,
  PRIMARY KEY (key, machine, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE network (
  machine           TEXT NOT NULL PRIMARY KEY,
  measured_at       TEXT NOT NULL,
  name              TEXT NOT NULL,
  latency_s         REAL NOT NULL,
  bandwidth_bytes_s REAL NOT NULL,
  source            TEXT NOT NULL,
  r_squared         REAL
) STRICT, WITHOUT ROWID;

-- What the files showed when they were last read. A subject is run:<id>, study:<name> or calibrations.
CREATE TABLE problem (
  subject  TEXT NOT NULL,
  position INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('note', 'salvage', 'corruption')),
  message  TEXT NOT NULL,
  PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;

-- Names, sizes and times of the files behind a subject when it was last imported. A cache: no part of the dump.
CREATE TABLE import_mark (
  subject TEXT NOT NULL PRIMARY KEY,
  files   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW v_runs AS
SELECT run.id AS run, run.cell,
       json_extract(config, '$.algorithm') AS algorithm, json_extract(config, '$.model') AS model,
       json_extract(config, '$.dataset') AS dataset, json_extract(config, '$.workers') AS workers,
       json_extract(config, '$.H') AS H, json_extract(config, '$.lr') AS lr, json_extract(config, '$.seed') AS seed,
       done_attempt IS NOT NULL AS done, end_reason, detail, attempts, replayed_s, config
FROM run;

-- One row per number of the history that counts; train_s goes on over attempts.
CREATE VIEW v_metrics_long AS
WITH training AS (SELECT r.*, before_s FROM history AS h JOIN step_record AS r
                  ON r.run = h.run AND r.attempt = h.attempt AND r.seq <= h.last_seq),
     evaluation AS (SELECT r.*, before_s FROM history AS h JOIN eval_record AS r
                    ON r.run = h.run AND r.attempt = h.attempt AND r.seq <= h.last_seq)
SELECT run, attempt, seq, step, epoch, 'train' AS split, 'loss' AS metric, loss AS value, NULL AS train_s FROM training
UNION ALL SELECT run, attempt, seq, step, epoch, 'train', 'lr', lr, NULL FROM training
UNION ALL SELECT run, attempt, seq, step, epoch, split, 'loss', loss, before_s + train_s FROM evaluation
UNION ALL SELECT run, attempt, seq, step, epoch, split, 'accuracy', accuracy, before_s + train_s FROM evaluation;

CREATE VIEW v_cells AS
SELECT study, cell, algorithm, model, dataset, workers, H, lr, count(*) AS runs, sum(done) AS done,
       sum(end_reason = 'diverged') AS diverged,
       count(accuracy) AS validated, avg(accuracy) AS validation_accuracy_mean
FROM (SELECT *, (SELECT value FROM v_metrics_long AS m WHERE m.run = v_runs.run AND split = 'validation'
                 AND metric = 'accuracy' ORDER BY step DESC, attempt DESC, seq DESC LIMIT 1) AS accuracy
      FROM planned_run JOIN v_runs USING (run))
GROUP BY study, cell;
