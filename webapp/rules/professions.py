"""The professions of specialists, as the regulations name them."""

from enum import StrEnum


class Profession(StrEnum):
    PSYCHOLOGIST = "psychologist"
    SPEECH_THERAPIST = "speech_therapist"
    DEFECTOLOGIST = "defectologist"
    SOCIAL_PEDAGOGUE = "social_pedagogue"
    EDUCATOR = "educator"
    METHODIST = "methodist"
    NURSE = "nurse"
    MUSIC_LEADER = "music_leader"
    PE_INSTRUCTOR = "pe_instructor"
