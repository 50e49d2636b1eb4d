"""The CRM: described files, `lng`, receivers, old locations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.apps.accounts import sign_up, superuser
from tests.apps.rows import PDF, PNG, contact, event_for, invoice, job, photo

if TYPE_CHECKING:
    from tests.api.conftest import Server
    from tests.apps.accounts import Account
    from tests.apps.sets import Json


@pytest.fixture
def staff(server: Server) -> Account:
    return sign_up(server, "staff", role="dispatcher")


@pytest.fixture
def ids(staff: Account) -> tuple[str, str]:
    """The ids of a job and its contact."""
    contact_id = staff.make("contacts", contact())["id"]
    return staff.make("jobs", job(contact_id))["id"], contact_id


def upload(staff: Account, collection: str, body: Json, name: str, content: bytes) -> Json:
    answer = staff.send(
        "POST", f"{collection}/records", data=body, files={"file": (name, content, "text/plain")}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_uploaded_photo_is_described(staff: Account, ids: tuple[str, str]) -> None:
    made = upload(staff, "equipment_photos", photo(*ids), "Pompa ciepła.txt", PNG)
    assert made["filename"] == "Pompa ciepła.txt"
    assert made["filesize"] == len(PNG)
    assert made["mimetype"] == "image/png"
    assert made["file"].endswith(".txt")


def test_what_the_client_says_of_a_file_is_kept(staff: Account, ids: tuple[str, str]) -> None:
    said: Json = {"filename": "pump", "filesize": 1, "mimetype": "image/x-pump"}
    made = upload(staff, "equipment_photos", photo(*ids, **said), "p.png", PNG)
    assert {name: made[name] for name in said} == said


def test_an_invoice_is_described_as_far_as_it_can_be(staff: Account, ids: tuple[str, str]) -> None:
    made = upload(staff, "invoices", invoice(*ids), "fv-1.pdf", PDF)
    assert (made["filename"], made["filesize"]) == ("fv-1.pdf", len(PDF))
    assert "mimetype" not in made
    empty = staff.make("invoices", invoice(*ids))
    assert (empty["filename"], empty["filesize"]) == ("", 0)


def test_another_file_is_described_anew(staff: Account, ids: tuple[str, str]) -> None:
    made = upload(staff, "invoices", invoice(*ids), "fv-1.pdf", PDF)
    path = f"invoices/records/{made['id']}"
    answer = staff.send("PATCH", path, data={}, files={"file": ("scan.png", PNG)})
    changed = answer.json()
    assert (changed["filename"], changed["filesize"]) == ("scan.png", len(PNG))
    untouched = staff.change("invoices", made["id"], {"ocrData": "x"})
    assert (untouched["filename"], untouched["filesize"]) == ("scan.png", len(PNG))


def test_a_long_file_name_is_cut(staff: Account, ids: tuple[str, str]) -> None:
    made = upload(staff, "invoices", invoice(*ids), "f" * 300 + ".pdf", PDF)
    assert made["filename"] == "f" * 255


@pytest.mark.parametrize(
    ("coordinates", "stored"),
    [
        ({"lat": 52.23, "lng": 21.01}, {"lon": 21.01, "lat": 52.23}),
        ({"lat": 52.23, "lon": 21.01}, {"lon": 21.01, "lat": 52.23}),
        ({"lat": 52.23, "lon": 21.01, "lng": 5}, {"lon": 21.01, "lat": 52.23}),
        ('{"lat":52.23,"lng":21.01}', {"lon": 21.01, "lat": 52.23}),
        ({"lng": 21.01}, {"lon": 21.01, "lat": 0}),
        ("nowhere", {"lon": 0, "lat": 0}),
        (None, {"lon": 0, "lat": 0}),
    ],
)
def test_lng_is_another_name_for_lon(
    staff: Account, ids: tuple[str, str], coordinates: Json, stored: Json
) -> None:
    made = staff.make("jobs", job(ids[1], coordinates=coordinates))
    assert made["coordinates"] == stored
    changed = staff.change("jobs", ids[0], {"coordinates": coordinates})
    assert changed["coordinates"] == stored
    kept = staff.change("jobs", ids[0], {"title": "x"})
    assert kept["coordinates"] == stored


def test_lng_in_a_form(staff: Account, ids: tuple[str, str]) -> None:
    body = job(ids[1], coordinates=json.dumps({"lat": 52.23, "lng": 21.01}))
    answer = staff.send("POST", "jobs/records", data=body)
    assert answer.json()["coordinates"] == {"lon": 21.01, "lat": 52.23}


def test_lng_out_of_range_is_refused(staff: Account, ids: tuple[str, str]) -> None:
    answer = staff.send("POST", "jobs/records", job(ids[1], coordinates={"lat": 1, "lng": 181}))
    assert answer.status_code == 400
    assert answer.json()["data"]["coordinates"]["code"] == "validation_invalid_longitude"


def test_jobs_are_found_by_distance(staff: Account, ids: tuple[str, str]) -> None:
    near = staff.make("jobs", job(ids[1], coordinates={"lat": 52.23, "lng": 21.01}))
    staff.make("jobs", job(ids[1], coordinates={"lat": 50.06, "lng": 19.94}))
    query = "geoDistance(coordinates.lon, coordinates.lat, 21.0, 52.2) < 5"
    assert [found["id"] for found in staff.all("jobs", filter=query)] == [near["id"]]


def test_data_and_analysis_stay_text(staff: Account, ids: tuple[str, str]) -> None:
    text = '{"lat": 52.2, "items": [1, 2]}'
    assert staff.make("realtime_events", event_for("all", data=text))["data"] == text
    made = upload(staff, "equipment_photos", photo(*ids, aiAnalysis=text), "p.png", PNG)
    assert made["aiAnalysis"] == text


def test_a_bare_all_reaches_nobody(server: Server, staff: Account) -> None:
    root = superuser(server)
    root.make("realtime_events", event_for() | {"targetUsers": "all"})
    assert staff.all("realtime_events") == []
    root.make("realtime_events", event_for("all"))
    assert len(staff.all("realtime_events")) == 1


def test_a_contact_with_jobs_stays(server: Server, ids: tuple[str, str]) -> None:
    manager = sign_up(server, "manager", role="manager")
    assert manager.send("DELETE", f"contacts/records/{ids[1]}").status_code == 400
    assert manager.send("DELETE", f"jobs/records/{ids[0]}").status_code == 204
    assert manager.send("DELETE", f"contacts/records/{ids[1]}").status_code == 204


def test_old_and_processed_locations_are_deleted(server: Server, staff: Account) -> None:
    for kind, age, processed in (
        ("technician_location", "new", False),
        ("technician_location", "old", False),
        ("technician_location", "new", True),
        ("message", "new", True),
        ("message", "old", False),
    ):
        words = (kind, age, "processed" if processed else "open")
        event = staff.make("realtime_events", event_for("all", data=" ".join(words)))
        created = datetime.now(UTC) - (
            timedelta(days=1, seconds=1) if age == "old" else timedelta()
        )
        sql = "UPDATE realtime_events SET type = ?, created = ?, processed = ? WHERE id = ?"
        values = (kind, f"{created:%Y-%m-%d %H:%M:%S}.000Z", int(processed), event["id"])
        server.run(server.app.execute(sql, values))
    ran = server.send("POST", "/api/crons/crm_purge_locations", headers=superuser(server).headers)
    assert ran.status_code == 204
    server.run(server.app.background.wait())
    assert [item["data"] for item in staff.all("realtime_events", sort="data")] == [
        "message new processed",
        "message old open",
        "technician_location new open",
    ]
