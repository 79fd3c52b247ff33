"""Jobs and CronJobs: work that ends by itself, at once or when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policy_app.services.cluster.controllers import schedules
from tests.services.cluster.controllers.kube import Kube, Object

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, image: busybox}]
"""
CRONJOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: report, image: busybox}]
"""


def _with_spec(text: str, fields: str) -> str:
    return text.replace("\nspec:\n", f"\nspec:\n  {fields}\n", 1)


def _conditions(job: Object) -> set[str]:
    return {one["type"] for one in job["status"].get("conditions", []) if one["status"] == "True"}


def test_a_job_runs_one_pod_which_ends_a_moment_later(kube: Kube) -> None:
    kube.create(JOB)
    (pod,) = kube.all("Pod")
    assert pod["status"]["phase"] == "Running"
    assert kube.get("Job", "work")["status"]["active"] == 1

    kube.wait(2)

    (pod,) = kube.all("Pod")
    assert pod["status"]["phase"] == "Succeeded"
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    status = kube.get("Job", "work")["status"]
    assert status["succeeded"] == 1
    assert status["startTime"] <= status["completionTime"]
    assert "Complete" in _conditions({"status": status})
    assert kube.events("Completed") == ["Job completed"]


def test_a_jobs_pods_carry_its_labels_and_its_selector_finds_them(kube: Kube) -> None:
    kube.create(JOB)

    job, (pod,) = kube.get("Job", "work"), kube.all("Pod")

    labels = pod["metadata"]["labels"]
    assert labels["job-name"] == labels["batch.kubernetes.io/job-name"] == "work"
    assert job["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert job["metadata"]["labels"]["job-name"] == "work"


def test_a_job_never_runs_more_pods_at_once_than_it_may(kube: Kube) -> None:
    kube.create(_with_spec(JOB, "parallelism: 2\n  completions: 5"))
    active = []
    for _ in range(4):
        active.append(kube.get("Job", "work")["status"].get("active", 0))
        kube.wait(1)

    assert active == [2, 2, 1, 0]
    assert kube.get("Job", "work")["status"]["succeeded"] == 5


def test_the_pods_of_an_indexed_job_know_their_index(kube: Kube) -> None:
    kube.create(_with_spec(JOB, "parallelism: 3\n  completions: 3\n  completionMode: Indexed"))
    pods = kube.all("Pod")
    kube.wait(2)

    assert {one["spec"]["hostname"] for one in pods} == {"work-0", "work-1", "work-2"}
    assert kube.get("Job", "work")["status"]["completedIndexes"] == "0-2"


def test_a_suspended_job_runs_nothing_until_it_is_resumed(kube: Kube) -> None:
    kube.create(_with_spec(JOB, "suspend: true"))
    assert kube.all("Pod") == []
    assert "Suspended" in _conditions(kube.get("Job", "work"))

    kube.patch("Job", "work", {"spec": {"suspend": False}})

    assert len(kube.all("Pod")) == 1
    assert "Suspended" not in _conditions(kube.get("Job", "work"))


def test_a_finished_job_goes_when_its_time_to_live_is_over(kube: Kube) -> None:
    kube.create(_with_spec(JOB, "ttlSecondsAfterFinished: 60"))
    kube.wait(2)
    assert kube.names("Job") == ["work"]

    kube.wait(61)

    assert kube.names("Job") == kube.names("Pod") == []


def test_a_job_fails_after_more_failures_than_it_may_have(kube: Kube) -> None:
    kube.create(_with_spec(JOB, "backoffLimit: 1"))
    for _ in range(2):
        running = next(
            one for one in kube.all("Pod") if one["status"]["phase"] in ("Pending", "Running")
        )
        kube.set_status("Pod", running["metadata"]["name"], {"phase": "Failed"})

    job = kube.get("Job", "work")
    assert "Failed" in _conditions(job)
    assert job["status"]["failed"] == 2


def test_a_job_whose_pods_are_refused_says_so_and_fails_at_its_deadline(kube: Kube) -> None:
    kube.deny_privileged()
    privileged = JOB.replace(
        "image: busybox", "image: busybox, securityContext: {privileged: true}"
    )
    kube.create(_with_spec(privileged, "activeDeadlineSeconds: 30"))

    assert kube.events("FailedCreate")[0].startswith("Error creating: admission webhook")
    assert kube.get("Job", "work")["status"].get("active") is None


def test_a_cronjob_runs_at_each_moment_of_its_schedule(kube: Kube) -> None:
    kube.create(CRONJOB)
    assert kube.all("Job") == []

    kube.wait(60)

    (job,) = kube.all("Job")
    assert job["metadata"]["ownerReferences"][0]["name"] == "report"
    assert f"Created job {job['metadata']['name']}" in kube.events("SuccessfulCreate")
    assert kube.get("CronJob", "report")["status"]["lastScheduleTime"]


def test_of_a_cronjobs_work_the_newest_stays_dated_as_if_somebody_had_waited(kube: Kube) -> None:
    kube.create(CRONJOB)

    kube.wait(3600)

    jobs = kube.all("Job")
    begun = sorted(one["status"]["startTime"] for one in jobs)
    assert len(jobs) == 3
    assert all("Complete" in _conditions(one) for one in jobs)
    assert {one[17:19] for one in begun} <= {"00", "01", "02"}
    status = kube.get("CronJob", "report")["status"]
    assert status["lastSuccessfulTime"] == max(one["status"]["completionTime"] for one in jobs)
    assert not status.get("active")


@pytest.mark.parametrize(("rule", "count"), [("Allow", 2), ("Forbid", 1), ("Replace", 1)])
def test_a_cronjob_whose_last_job_still_runs_follows_its_policy(
    kube: Kube, rule: str, count: int
) -> None:
    kube.create(
        _with_spec(CRONJOB, f"concurrencyPolicy: {rule}").replace(
            "  jobTemplate:\n    spec:\n", "  jobTemplate:\n    spec:\n      suspend: true\n"
        )
    )

    kube.wait(60)
    kube.wait(60)

    assert len(kube.all("Job")) == count
    assert bool(kube.events("JobAlreadyActive")) is (rule == "Forbid")


def test_a_suspended_cronjob_starts_nothing(kube: Kube) -> None:
    kube.create(_with_spec(CRONJOB, "suspend: true"))

    kube.wait(3600)

    assert kube.all("Job") == []


def test_a_schedule_that_cannot_be_read_says_so() -> None:
    with pytest.raises(schedules.ScheduleError, match="schedule"):
        schedules.times_after("every now and then", "", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(schedules.ScheduleError, match="zone"):
        schedules.times_after("* * * * *", "Mars/Olympus", datetime(2026, 1, 1, tzinfo=UTC))


def test_a_schedule_counts_in_its_time_zone() -> None:
    after = datetime(2026, 7, 1, tzinfo=UTC)

    times = schedules.times_after("0 9 * * *", "Europe/Paris", after)

    assert next(times) == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "seconds"), [("@hourly", 3600), ("@every 1h30m", 5400), ("@daily", 86400)]
)
def test_schedules_may_be_words(schedule: str, seconds: int) -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC)

    assert next(schedules.times_after(schedule, "", after)) == after + timedelta(seconds=seconds)


@pytest.mark.parametrize("schedule", ["* * * * *", "@every 1s"])
def test_after_a_long_time_only_the_newest_moments_are_caught_up(schedule: str) -> None:
    after, now = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)

    times, next_at = schedules.due(schedule, "", after, now, 3)

    assert len(times) == 3
    assert next_at is not None
    assert now - timedelta(minutes=4) < times[0] < times[2] <= now < next_at
