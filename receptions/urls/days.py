"""Addresses of reception days: for everybody, and for those who hold them."""

from django.urls import path

from receptions.views import board, booking, days, manage, mine, papers

app_name = "receptions"
urlpatterns = [
    path("", days.days, name="days"),
    path("mine/", mine.find, name="find"),
    path("calendar/community/<str:code>.ics", days.community_calendar, name="community_calendar"),
    path("calendar/<str:token>.ics", days.staff_calendar, name="staff_calendar"),
    path("<int:pk>/", days.day, name="day"),
    path("<int:pk>/book/", booking.matter, name="book"),
    path("<int:pk>/book/who/", booking.who, name="book_who"),
    path("<int:pk>/book/check/", booking.check, name="book_check"),
    path("<int:pk>/booking/<str:reference>/", mine.booking, name="booking"),
    path("<int:pk>/booking/<str:reference>/cancel/", mine.cancel, name="booking_cancel"),
    path("<int:pk>/booking/<str:reference>/accept/", mine.accept, name="booking_accept"),
    path("manage/", manage.days, name="manage"),
    path("manage/plan/", manage.plan, name="plan"),
    path("manage/<int:pk>/", manage.day, name="manage_day"),
    path("manage/<int:pk>/change/", manage.change, name="change"),
    path("manage/<int:pk>/publish/", manage.publish, name="publish"),
    path("manage/<int:pk>/cancel/", manage.cancel, name="cancel"),
    path("manage/<int:pk>/call/", manage.call, name="call"),
    path("manage/<int:pk>/open/", manage.open_day, name="open"),
    path("manage/<int:pk>/close/", manage.close_day, name="close"),
    path("manage/<int:pk>/board/", board.board, name="board"),
    path("manage/<int:pk>/replan/", board.replan, name="replan"),
    path("manage/<int:pk>/book/", board.take_down, name="take_down"),
    path("manage/<int:pk>/list/", papers.day_list, name="day_list"),
    path("manage/<int:pk>/cards/", papers.cards, name="cards"),
    path("manage/booking/<int:pk>/", papers.folder, name="folder"),
    path("manage/booking/<int:pk>/record/", papers.record, name="record"),
    path("manage/booking/<int:pk>/slip/", papers.slip, name="slip"),
    path("manage/booking/<int:pk>/hear/", board.hear, name="hear"),
    path("manage/booking/<int:pk>/arrived/", board.check_in, name="check_in"),
    path("manage/booking/<int:pk>/absent/", board.mark_absent, name="absent"),
    path("manage/booking/<int:pk>/cancel/", board.cancel_booking, name="cancel_booking"),
    path("manage/booking/<int:pk>/merge/", board.merge, name="merge"),
]
