"""Tables of the domain; `migrations_app/migrations/` holds Django's database migrations."""

from migrations_app.models.aftercare import MoveCheck, TemplateEntry
from migrations_app.models.availability import AgentAbsence, AgentProfile, CallAgent, CallPolicy
from migrations_app.models.calls import AgentHours, CallCell, Notice, PinCall, PinCallNumber
from migrations_app.models.cases import MigrationCase, NumberMove, Requirement
from migrations_app.models.chases import Chase, ChaseAttempt
from migrations_app.models.desk_tasks import DeskTask
from migrations_app.models.disputes import OwnershipDispute
from migrations_app.models.endpoints import OrganizationEndpoint
from migrations_app.models.evidence import Evidence
from migrations_app.models.exports import TicketExport
from migrations_app.models.feeds import CalendarFeed
from migrations_app.models.holders import HolderCheck, HolderLink
from migrations_app.models.inbound import InboundFile, InboundMail, MailboxPlace
from migrations_app.models.insight import BspPace
from migrations_app.models.ladders import Ladder
from migrations_app.models.manners import Mailbox, NudgeStop
from migrations_app.models.milestones import CallMilestone
from migrations_app.models.playbooks import Playbook, PlaybookStage
from migrations_app.models.proofs import ProofTry
from migrations_app.models.proposals import CallLink, CallProposal

__all__ = [
    "AgentAbsence",
    "AgentHours",
    "AgentProfile",
    "BspPace",
    "CalendarFeed",
    "CallAgent",
    "CallCell",
    "CallLink",
    "CallMilestone",
    "CallPolicy",
    "CallProposal",
    "Chase",
    "ChaseAttempt",
    "DeskTask",
    "Evidence",
    "HolderCheck",
    "HolderLink",
    "InboundFile",
    "InboundMail",
    "Ladder",
    "Mailbox",
    "MailboxPlace",
    "MigrationCase",
    "MoveCheck",
    "Notice",
    "NudgeStop",
    "NumberMove",
    "OrganizationEndpoint",
    "OwnershipDispute",
    "PinCall",
    "PinCallNumber",
    "Playbook",
    "PlaybookStage",
    "ProofTry",
    "Requirement",
    "TemplateEntry",
    "TicketExport",
]
