from webapp.rules.permissions import PERMISSIONS, Permission, Role, may


def test_every_permission_is_given_to_somebody() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert all(PERMISSIONS.values())


def test_a_specialist_does_not_answer_requests() -> None:
    assert not may(frozenset({Role.SPECIALIST}), Permission.ANSWER_REQUESTS)


def test_a_registrar_does_not_read_requests() -> None:
    assert not may(frozenset({Role.REGISTRAR}), Permission.SEE_REQUESTS)


def test_an_administrator_sees_no_families_but_mail_to_nobody() -> None:
    seen = {permission for permission in Permission if may(frozenset({Role.ADMINISTRATOR}), permission)}
    assert seen == {Permission.SET_UP_CENTRE, Permission.MANAGE_STAFF, Permission.READ_STRAY_MAIL}


def test_two_roles_add_up() -> None:
    both = frozenset({Role.SPECIALIST, Role.METHODIST})
    assert may(both, Permission.HOLD_CONSULTATIONS)
    assert may(both, Permission.ASSIGN_REQUESTS)


def test_nobody_may_do_anything_without_a_role() -> None:
    assert not [permission for permission in Permission if may(frozenset(), permission)]
